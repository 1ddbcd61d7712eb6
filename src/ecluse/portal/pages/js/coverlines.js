// Cover lines for the care family that was asked, folded.

import { el } from "./dom.js";
import { currentLanguage, longDate, word } from "./words.js";

export function coverLines({ package: pack, valid_from: from, valid_to: to, lines }) {
  return el(
    "details",
    { class: "lines" },
    el("summary", {}, word("answer.lines")),
    el("p", { class: "package" }, localised(pack, "label"), " · ", period(from, to)),
    lines.length ? table(lines) : el("p", {}, word("answer.lines.none")),
  );
}

const localised = (thing, name) => thing[`${name}_${currentLanguage()}`];

const period = (from, to) =>
  to
    ? word("answer.period", { from: longDate(from), to: longDate(to) })
    : word("answer.period.open", { from: longDate(from) });

function table(lines) {
  const head = ["act", "basis"].map((key) => el("th", { scope: "col" }, word(`answer.lines.${key}`)));
  const rows = lines.map((line) =>
    el("tr", {}, el("td", {}, localised(line, "act")), el("td", { class: "basis" }, line.basis)),
  );
  return el("table", {}, el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...rows));
}
