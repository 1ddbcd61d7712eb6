// A check, from the question to the answer or to words about why there is none.

import { clearAnswer, showAnswer } from "./answer.js";
import {
  chooseLane,
  clearAsk,
  currentLane,
  focusAsk,
  giveBackCard,
  isTouched,
  setBusy,
  startAsk,
  takeCard,
} from "./ask.js";
import { hideBanner, showBanner } from "./banner.js";
import { base64url, random } from "./bytes.js";
import { byId } from "./dom.js";
import { rememberFamily } from "./families.js";
import { gestureFor } from "./gesture.js";
import { note } from "./recent.js";
import { go } from "./router.js";
import { asDevice, drop, signedInDevice } from "./session.js";

// The gate gives the same answer to the same check_id for 60 s.
const SAME_ANSWER_MS = 50_000;
const PAUSES_MS = [0, 500, 1500];

// What asking again may mend.
const AGAIN = new Set(["busy", "clock", "gesture", "offline", "unavailable", "unreachable"]);

// Only the newest question may draw.
let newest = 0;
// A question whose answer was lost: {key, body, until}.
let lost = null;
// Whether a question waits for its asker to sign in again.
let interrupted = false;

export function startCheck() {
  startAsk(check);
  byId("without-card").addEventListener("click", switchLane);
  byId("with-card").addEventListener("click", switchLane);
  // The answer's minute is over; what somebody is typing for the next patient stays.
  document.addEventListener("answer-over", () => (isTouched() ? clearAnswer() : clearAll()));
  // A browser may keep a left page as it was, for its "back" button.
  addEventListener("pagehide", clearAll);
}

export const checkView = {
  open() {
    if (interrupted) showBanner("restored");
    interrupted = false;
    focusAsk();
  },
};

// With or without the card: another question begins, and the last answer goes.
export function switchLane() {
  clearAnswer();
  chooseLane(currentLane() === "card" ? "typed" : "card");
}

// Forget answer and question; the form waits for the next card.
export function clearAll() {
  newest += 1;
  lost = null;
  clearAnswer();
  hideBanner();
  setBusy(null);
  clearAsk();
}

async function check(question) {
  const turn = ++newest;
  const mine = () => turn === newest;
  clearAnswer();
  hideBanner();
  if (question.lane !== "typed") takeCard();
  try {
    const body = await bodyOf(question);
    if (mine()) setBusy("check.going");
    const answer = await asked(body, mine);
    if (mine()) answered(answer, question);
  } catch (failure) {
    if (mine()) await unanswered(failure, question);
  } finally {
    if (mine()) setBusy(null);
  }
}

function answered(answer, question) {
  lost = null;
  hideBanner();
  rememberFamily();
  note(answer, question);
  showAnswer(answer, question);
  // What was typed stays only where it has to be compared with the card.
  if (question.lane !== "typed" || answer.outcome !== "refused") clearAsk();
  else focusAsk();
}

// The request's body; the one sent before if its answer was lost, gesture included.
async function bodyOf(question) {
  const key = JSON.stringify(question);
  if (lost?.key === key && Date.now() < lost.until) return lost.body;
  const { subject, care_date, family } = question;
  const body = { check_id: base64url(random(16)), subject, care_date, family, gesture: null };
  if (question.lane === "typed") {
    setBusy("check.gesturing");
    body.gesture = await gestureFor(body, signedInDevice().keyid);
  }
  lost = { key, body, until: Date.now() + SAME_ANSWER_MS };
  return body;
}

// Ask, and ask again with the same check_id while the answer is only lost.
async function asked(body, mine) {
  let last = null;
  for (const pause of PAUSES_MS) {
    if (last) showBanner("retrying");
    await new Promise((resume) => setTimeout(resume, pause));
    if (!mine()) break;
    try {
      return await asDevice("POST", "/v1/checks", body);
    } catch (failure) {
      if (!failure.passing) throw failure;
      last = failure;
    }
  }
  throw last;
}

async function unanswered(failure, question) {
  if (question.lane !== "typed") giveBackCard(question.subject.card ?? question.subject.reference);
  if (failure.signedOut) {
    lost = null;
    interrupted = true;
    await drop();
    go("signin");
    showBanner(failure.kind);
    return;
  }
  if (!failure.passing) lost = null;
  const retry = AGAIN.has(failure.kind) ? () => byId("ask").requestSubmit() : null;
  showBanner(failure.kind ?? "unexpected", { values: failure.values, retry });
  chooseLane(question.lane);
}
