// Cover lines for the care family that was asked, folded.

import { el } from "./dom.js";
import { currentLanguage, longDate, word } from "./words.js";

const UNITS_FR = { act: "acte", day: "jour", month: "mois", night: "nuit", year: "an", years: "ans" };

export function coverLines({ package: pack, valid_from: from, valid_to: to, lines }) {
  return el(
    "details",
    { class: "lines" },
    el("summary", {}, word("answer.lines")),
    el("p", { class: "package" }, localised(pack, "label"), " · ", period(from, to)),
    table(lines),
    el("p", { class: "note" }, word("answer.lines.note")),
  );
}

const localised = (thing, name) => thing[`${name}_${currentLanguage()}`];

const period = (from, to) =>
  to
    ? word("answer.period", { from: longDate(from), to: longDate(to) })
    : word("answer.period.open", { from: longDate(from) });

// "150% BR", "38.50 EUR/night": as written in English; French has its own signs and spaces.
function basis(text) {
  if (currentLanguage() !== "fr") return text;
  return text
    .replace(".", ",")
    .replace("%", "\u00a0%")
    .replace(" EUR", "\u00a0€")
    .replace(/[a-z]+$/, (unit) => UNITS_FR[unit] ?? unit);
}

function table(lines) {
  const head = ["act", "basis"].map((key) => el("th", { scope: "col" }, word(`answer.lines.${key}`)));
  const rows = lines.map((line) =>
    el("tr", {}, el("td", {}, localised(line, "act")), el("td", { class: "basis" }, basis(line.basis))),
  );
  return el("table", {}, el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...rows));
}
