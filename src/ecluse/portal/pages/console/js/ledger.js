// Whether the ledger is as it was signed.

import { byId, el, icon } from "../../js/dom.js";
import { word } from "../../js/words.js";
import { attempt, read } from "./attempt.js";

let state = null;

export const ledgerView = {
  async open() {
    state = null;
    byId("ledger-title").focus();
    byId("ledger-body").replaceChildren(word("desk.loading"));
    await attempt(async () => {
      state = await read("ledger");
      draw();
    });
  },
};

function draw() {
  const { size, signed, checkpoint, verified } = state;
  const tone = verified ? "covered" : "stopped";
  byId("ledger-body").replaceChildren(
    el(
      "div",
      { class: `now-verdict ${tone}` },
      icon(tone),
      el("div", {}, el("p", { class: "answer-word" }, word(`ledger.${tone}`)), el("p", {}, word("ledger.size", { size, signed }))),
    ),
    el("h2", {}, word("ledger.checkpoint")),
    el("pre", { class: "signed", tabindex: 0 }, checkpoint),
    el("p", { class: "note" }, word("ledger.note")),
  );
}

document.addEventListener("words", () => state && draw());
