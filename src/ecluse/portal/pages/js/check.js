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
import { chooseFamily, rememberFamily } from "./families.js";
import { gestureFor } from "./gesture.js";
import { forgetCheck, keepCheck, keptCheck, SAME_ANSWER_MS } from "./last.js";
import { lookForLate } from "./late.js";
import { note } from "./recent.js";
import { currentView, go } from "./router.js";
import { asDevice, drop, signedInDevice } from "./session.js";

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
  document.addEventListener("answer-over", () => (isTouched() ? putAway() : clearAll()));
  // A browser may keep a left page as it was, for its "back" button.
  addEventListener("pagehide", wipe);
}

export const checkView = {
  open() {
    if (interrupted) showBanner("restored");
    interrupted = false;
    focusAsk();
    lookForLate();
  },
};

// With or without the card: another question begins, and the last answer goes.
export function switchLane() {
  putAway();
  chooseLane(currentLane() === "card" ? "typed" : "card");
}

// Forget answer and question; the form waits for the next card.
export function clearAll() {
  forgetCheck();
  wipe();
}

function wipe() {
  newest += 1;
  lost = null;
  clearAnswer();
  hideBanner();
  setBusy(null);
  clearAsk();
}

function putAway() {
  forgetCheck();
  clearAnswer();
}

function check(question) {
  clearAnswer();
  hideBanner();
  if (question.lane !== "typed") takeCard();
  return turn(
    async (mine) => {
      const body = await bodyOf(question);
      if (mine()) setBusy("check.going");
      const answer = await insisted(() => asDevice("POST", "/v1/checks", body), mine);
      if (mine()) answered(answer, question, new Date());
    },
    (failure) => unanswered(failure, question),
  );
}

// After a reload: have the last answer once more, or the one that was still on its way.
export async function recallAnswer() {
  const kept = keptCheck();
  if (!kept || currentView() !== "check") return;
  const { check_id, at, ...question } = kept;
  chooseFamily(question.family);
  setBusy("check.recalling");
  await turn(async (mine) => {
    const answer = await insisted(() => asDevice("GET", `/v1/checks/${check_id}`), mine);
    if (mine()) answered(answer, question, new Date(at));
  }, unrecalled);
}

// One question or recall at a time: `act` is told how to see whether a newer one began.
async function turn(act, fail) {
  const number = ++newest;
  const mine = () => number === newest;
  try {
    await act(mine);
  } catch (failure) {
    if (mine()) await fail(failure);
  } finally {
    if (mine()) setBusy(null);
  }
}

function answered(answer, question, at) {
  lost = null;
  hideBanner();
  rememberFamily();
  note(answer, question, at);
  showAnswer(answer, question, at);
  // What was typed stays only where it has to be compared with the card.
  if (question.lane !== "typed" || answer.outcome !== "refused") clearAsk();
  else focusAsk();
}

// The request's body; the one sent before if its answer was lost, gesture included.
async function bodyOf(question) {
  const key = JSON.stringify(question);
  if (lost?.key === key && Date.now() < lost.until) return lost.body;
  forgetCheck();
  const { subject, care_date, family } = question;
  const body = { check_id: base64url(random(16)), subject, care_date, family, gesture: null };
  if (question.lane === "typed") {
    setBusy("check.gesturing");
    body.gesture = await gestureFor(body, signedInDevice().keyid);
  }
  lost = { key, body, until: Date.now() + SAME_ANSWER_MS };
  keepCheck(body.check_id, question);
  return body;
}

// Ask, and ask again under the same check_id while the answer is only lost.
async function insisted(ask, mine) {
  let last = null;
  for (const pause of PAUSES_MS) {
    if (last) showBanner("retrying");
    await new Promise((resume) => setTimeout(resume, pause));
    if (!mine()) break;
    try {
      return await ask();
    } catch (failure) {
      if (!failure.passing) throw failure;
      last = failure;
    }
  }
  throw last;
}

async function unanswered(failure, question) {
  const { card, code, reference } = question.subject;
  if (question.lane !== "typed") giveBackCard(card ?? code ?? reference);
  interrupted = failure.signedOut;
  await explained(failure, () => byId("ask").requestSubmit());
  if (!failure.signedOut) chooseLane(question.lane);
}

async function unrecalled(failure) {
  await explained(failure, recallAnswer);
}

// Say why there is no answer; what may have been answered all the same is kept for the next try.
async function explained(failure, again) {
  if (!failure.lost) {
    lost = null;
    forgetCheck();
  }
  if (failure.signedOut) {
    await drop();
    go("signin");
  }
  const retry = AGAIN.has(failure.kind) ? again : null;
  showBanner(failure.kind ?? "unexpected", { values: failure.values, retry });
}
