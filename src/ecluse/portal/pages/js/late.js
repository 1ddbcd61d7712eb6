// Insurers whose feed is late: who joined one since may not be known here yet. Said beside the form.

import { byId, el, icon } from "./dom.js";
import { asDevice } from "./session.js";
import { longDate, word } from "./words.js";

const ASK_AGAIN_MS = 10 * 60 * 1000;
const NAMED = 3;

let late = [];
let askedAt = 0;

// Ask at most every ten minutes. It is no failure of a check when nobody answers.
export async function lookForLate() {
  if (Date.now() < askedAt + ASK_AGAIN_MS) return;
  askedAt = Date.now();
  try {
    const { insurers } = await asDevice("GET", "/v1/insurers");
    late = insurers.filter((insurer) => insurer.late);
  } catch {
    askedAt = 0;
  }
  draw();
}

function draw() {
  byId("late").hidden = late.length === 0;
  if (!late.length) return;
  const names = late.slice(0, NAMED).map(({ name, fed_at: at }) =>
    word(at ? "late.since" : "late.never", { name, date: at && longDate(at.slice(0, 10)) }),
  );
  const more = late.length - NAMED;
  if (more > 0) names.push(word("late.more", { count: more }));
  byId("late").replaceChildren(
    icon("warning"),
    el("span", {}, el("strong", {}, word("late.title")), ` ${names.join(", ")}. `, word("late.what")),
  );
}

document.addEventListener("words", draw);
