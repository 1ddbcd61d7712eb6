// Whether the ledger is as it was signed.

import { el, icon } from "../../js/dom.js";
import { word } from "../../js/words.js";
import { section } from "./section.js";

export const ledgerView = section("ledger", () => "ledger", draw);

function draw({ size, signed, checkpoint, verified }) {
  const tone = verified ? "covered" : "stopped";
  return [
    el(
      "div",
      { class: `now-verdict ${tone}` },
      icon(tone),
      el(
        "div",
        {},
        el("p", { class: "answer-word" }, word(`ledger.${tone}`)),
        el("p", {}, word("ledger.size", { size, signed })),
      ),
    ),
    el("h2", {}, word("ledger.checkpoint")),
    el("pre", { class: "signed", tabindex: 0 }, checkpoint),
    el("p", { class: "note" }, word("ledger.note")),
  ];
}
