// The answer: the verdict, what to bill, the settlement reference; it clears itself.

import { byId, el, icon } from "./dom.js";
import { coverLines } from "./coverlines.js";
import { priceForm } from "./price.js";
import { signedInDevice } from "./session.js";
import { instant, longDate, word } from "./words.js";

const SHOWN_SECONDS = 60;

// {answer, question, at: Date, organisation, left: seconds or null when kept}
let shown = null;
let clock = null;

// `at`: when it was given; its minute on screen runs from then.
export function showAnswer(answer, question, at) {
  const { organisation } = signedInDevice();
  const left = SHOWN_SECONDS - Math.floor((Date.now() - at) / 1000);
  shown = { answer, question, at, organisation, left };
  draw();
  speak();
  scrollTo(0, 0);
  clock = setInterval(tick, 1000);
}

export function clearAnswer() {
  clearInterval(clock);
  shown = null;
  byId("answer").hidden = true;
  byId("answer").replaceChildren();
  byId("spoken").textContent = "";
  byId("check").classList.remove("answered");
  nameCardField("check.card");
}

// Copy the settlement reference, if one is on screen.
export async function copyReference() {
  const reference = shown?.answer.reference;
  if (!reference) return;
  await navigator.clipboard.writeText(reference);
  byId("copy").replaceChildren(icon("covered"), word("answer.copied"));
}

function tick() {
  if (shown.left === null) return;
  shown.left -= 1;
  if (shown.left > 0) byId("clears").textContent = remaining();
  else document.dispatchEvent(new Event("answer-over"));
}

const remaining = () =>
  shown.left === null ? word("answer.kept") : word("answer.clears", { seconds: shown.left });

function keep() {
  shown.left = null;
  byId("clears").textContent = remaining();
  byId("keep").hidden = true;
}

function draw() {
  const { outcome } = shown.answer;
  const region = byId("answer");
  region.className = `answer ${outcome}`;
  region.replaceChildren(verdict(), el("div", { class: "answer-body" }, ...BODIES[outcome](), foot()));
  region.hidden = false;
  byId("check").classList.add("answered");
  nameCardField("check.card.next");
}

const nameCardField = (key) => (byId("card-label").textContent = word(key));

function speak() {
  byId("spoken").textContent = `${word(`answer.${shown.answer.outcome}`)}. ${context()}.`;
}

function context() {
  const { answer, question } = shown;
  const values = {
    insurer: answer.insurer?.name,
    family: word(`family.${question.family}`),
    date: longDate(question.care_date),
  };
  return word(answer.insurer ? "answer.covers" : "answer.context", values);
}

function verdict() {
  const { answer, question } = shown;
  const about = { family: word(`family.${question.family}`), date: longDate(question.care_date) };
  return el(
    "div",
    { class: "verdict" },
    icon(answer.outcome),
    el(
      "div",
      {},
      el("h2", {}, word(`answer.${answer.outcome}`)),
      answer.insurer ? el("p", { class: "insurer" }, answer.insurer.name) : null,
      el("p", { class: "about" }, word("answer.context", about)),
    ),
  );
}

const BODIES = {
  covered: () => {
    const { insurer, cover, also, reference } = shown.answer;
    const bill = cover ? "answer.bill" : "answer.bill.typed";
    return [
      el("p", { class: "do" }, word(bill, { insurer: insurer.name })),
      referenceBlock(reference),
      cover ? coverLines(cover) : "",
      ...(also ?? []).flatMap((next) => [
        el("p", { class: "do" }, word("answer.also", { insurer: next.insurer.name })),
        coverLines(next.cover),
      ]),
      cover ? priceForm(shown.answer, shown.question, keep) : "",
    ];
  },
  not_covered: () => [steps(["1", "2", "3"].map((step) => `answer.not_covered.${step}`))],
  refused: () => [
    steps(["1", "2", "3", "4"].map((step) => `answer.refused.${shownAs()}.${step}`)),
    el("p", { class: "note" }, word("answer.refused.always")),
  ],
};

// A reload forgets what was shown in the card lane; what there is to do is nearly the same.
const shownAs = () =>
  shown.question.subject?.kind === "phone" ? "phone" : shown.question.lane;

const steps = (keys) =>
  el("ol", { class: "steps" }, ...keys.map((key) => el("li", {}, el("span", {}, ...linked(key)))));

// A step may name the account page, as {account}.
function linked(key) {
  const [before, after] = word(key, { account: "\n" }).split("\n");
  if (after === undefined) return [before];
  return [before, el("a", { href: "#account" }, word("nav.account")), after];
}

function referenceBlock(reference) {
  const groups = reference.match(/.{1,4}/g).map((group) => el("span", {}, group));
  return el(
    "div",
    { class: "reference" },
    el("h3", {}, word("answer.reference")),
    el("p", { class: "reference-text" }, ...groups),
    el(
      "button",
      { type: "button", class: "second", id: "copy", onclick: copyReference },
      word("answer.copy"),
      " ",
      el("kbd", {}, "F8"),
    ),
  );
}

function foot() {
  const { answer, at, left, organisation } = shown;
  const printed = { when: instant(at), organisation: organisation.name, finess: organisation.finess };
  const position = answer.receipt?.position;
  return el(
    "div",
    { class: "foot" },
    el("p", { class: "printed" }, word("answer.printed", printed)),
    position === undefined ? "" : el("p", { class: "proof" }, word("answer.proof", { position })),
    el(
      "p",
      { class: "acts" },
      el("span", { id: "clears" }, remaining()),
      el(
        "button",
        { type: "button", class: "quiet", id: "keep", hidden: left === null, onclick: keep },
        word("answer.keep"),
      ),
      el("button", { type: "button", class: "quiet", onclick: () => print() }, word("answer.print")),
    ),
  );
}

document.addEventListener("words", () => (shown ? draw() : nameCardField("check.card")));
// Paper unfolds nothing by itself.
addEventListener("beforeprint", () => {
  for (const folded of byId("answer").querySelectorAll("details")) folded.open = true;
});
