// Whether the ledger is as it was signed.

import { el, icon } from "../../js/dom.js";
import { instant, word } from "../../js/words.js";
import { section } from "./section.js";
import { tableOf } from "./strip.js";

export const ledgerView = section("ledger", () => "ledger", draw);

function draw({ size, signed, checkpoint, verified, witnesses }) {
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
    el("h2", {}, word("ledger.witnesses")),
    ...standing(witnesses),
  ];
}

function standing({ enough, refused, asked }) {
  const warnings = [refused ? "now.refused" : "", enough ? "" : "now.unwitnessed"].filter(Boolean);
  const head = [
    word("ledger.witness"),
    word("ledger.witness.size"),
    word("ledger.witness.at"),
    word("ledger.witness.state"),
  ];
  const rows = asked.map(({ name, size, cosigned_at: at, problem }) => [
    name,
    String(size),
    at ? instant(at) : "–",
    problem || word("ledger.witness.well"),
  ]);
  return [
    ...warnings.map((key) =>
      el("p", { class: "now-verdict stopped" }, icon("stopped"), el("span", {}, word(key))),
    ),
    rows.length ? tableOf(head, rows) : el("p", {}, word("ledger.witnesses.none")),
  ];
}
