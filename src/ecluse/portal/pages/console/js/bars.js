// Counts as bars: the table itself, whose last column is drawn.

import { drawing, el } from "../../js/dom.js";
import { clockTime, instant, word } from "../../js/words.js";

const HEIGHT = 60;
const BAR = 10;
const GAP = 2;
// Few bars leave room at their right.
const FEWEST = 24;

// `rows`: [{label, sure, possible}], or [{label, sure}] for plain counts; `label`: see `tableOf`.
export function barTable(head, rows, label = head[0]) {
  const most = Math.max(1, ...rows.map(({ sure, possible = 0 }) => sure + possible));
  const cell = ({ label, sure, possible = 0 }) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, label),
      el("td", { class: "count" }, word(possible ? "bars.both" : "bars.one", { sure, possible })),
      el("td", { class: "bar", "aria-hidden": "true" }, bar(sure / most, possible / most)),
    );
  return el(
    "div",
    { class: "wide", tabindex: 0, role: "region", "aria-label": label },
    el(
      "table",
      { class: "bars" },
      el("thead", {}, el("tr", {}, ...head.map((name) => el("th", { scope: "col" }, name)), el("td"))),
      el("tbody", {}, ...rows.map(cell)),
    ),
  );
}

function bar(sure, possible) {
  const size = { viewBox: "0 0 100 10", preserveAspectRatio: "none" };
  return drawing(
    "svg",
    size,
    drawing("rect", { class: "answered", x: 0, y: 0, width: 100 * sure, height: 10 }),
    drawing("rect", { class: "denied", x: 100 * sure, y: 0, width: 100 * possible, height: 10 }),
  );
}

// Answers in time: `bars` [{at, sure, possible}], each `step` seconds.
export function timeBars(bars, step) {
  const most = Math.max(1, ...bars.map(({ sure, possible }) => sure + possible));
  const parts = bars.flatMap(({ sure, possible }, index) => {
    const [low, high] = [sure, possible].map((count) => (count / most) * HEIGHT);
    const x = index * (BAR + GAP);
    return [
      drawing("rect", { class: "answered", x, y: HEIGHT - low, width: BAR, height: low }),
      drawing("rect", { class: "denied", x, y: HEIGHT - low - high, width: BAR, height: high }),
    ];
  });
  const width = Math.max(bars.length, FEWEST) * (BAR + GAP);
  const ground = drawing("path", { class: "ground", d: `M0 ${HEIGHT}H${width}` });
  const size = { viewBox: `0 0 ${width} ${HEIGHT + 1}`, preserveAspectRatio: "none" };
  const ends = [...new Set([bars[0], bars.at(-1)].map(({ at }) => instant(at)))];
  const marks = ends.map((end) => el("span", {}, end));
  return [
    el(
      "div",
      { class: "time-bars", "aria-hidden": "true" },
      drawing("svg", size, ...parts, ground),
      el("p", { class: "axis" }, ...marks),
    ),
    el(
      "details",
      { class: "as-table" },
      el("summary", {}, word("bars.table")),
      barTable(
        [word("bars.from", { minutes: step / 60 }), word("bars.answers")],
        bars
          .filter(({ sure, possible }) => sure + possible)
          .map(({ at, ...counts }) => ({ label: clockTime(new Date(at)), ...counts })),
      ),
    ),
  ];
}
