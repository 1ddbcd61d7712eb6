// The counter's day: how many checks, and the references that came of them.

import { askAgain } from "./ask.js";
import { byId, el, icon } from "./dom.js";
import { recentChecks } from "./recent.js";
import { go } from "./router.js";
import { clockTime, word } from "./words.js";

const LANES = ["card", "known", "typed"];
const OUTCOMES = ["covered", "not_covered", "refused"];

let open = false;

export const dayView = {
  open() {
    open = true;
    byId("day-title").focus();
    draw();
  },
  close() {
    open = false;
    byId("day-body").replaceChildren();
  },
};

function draw() {
  const checks = recentChecks();
  const told = checks.length
    ? [summary(checks), el("ul", { class: "checks" }, ...checks.map(line))]
    : [el("p", {}, word("day.none"))];
  byId("day-body").replaceChildren(...told, el("p", { class: "note" }, word("day.note")));
}

function summary(checks) {
  const counted = (name, value) => checks.filter((check) => check[name] === value).length;
  const part = (key, count) => el("li", {}, el("strong", {}, String(count)), " ", word(key));
  return el(
    "ul",
    { class: "counts" },
    ...LANES.map((lane) => part(`day.lane.${lane}`, counted("lane", lane))),
    ...OUTCOMES.map((outcome) => part(`answer.${outcome}`, counted("outcome", outcome))),
  );
}

function line({ at, lane, family, outcome, insurer, reference }) {
  return el(
    "li",
    {},
    el("time", { datetime: at.toISOString() }, clockTime(at)),
    icon(outcome),
    el(
      "div",
      { class: "told" },
      el("p", {}, el("strong", {}, word(`answer.${outcome}`)), insurer ? ` · ${insurer}` : ""),
      el("p", { class: "note" }, word(`family.${family}`), " · ", word(`day.lane.${lane}`)),
      reference ? el("p", { class: "reference-text" }, reference) : "",
    ),
    reference ? copier(reference) : "",
    reference && lane !== "typed" ? repeater(reference, family) : "",
  );
}

// A reference that a typed check gave leads nowhere: it has no such button.
function repeater(reference, family) {
  const again = () => {
    go("check");
    askAgain(reference, family);
  };
  return el("button", { type: "button", class: "second", onclick: again }, word("day.again"));
}

function copier(reference) {
  const copy = async ({ currentTarget: button }) => {
    await navigator.clipboard.writeText(reference);
    button.textContent = word("answer.copied");
  };
  return el("button", { type: "button", class: "second", onclick: copy }, word("answer.copy"));
}

document.addEventListener("words", () => open && draw());
