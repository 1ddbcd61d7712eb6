// The live strip: the last hour, a row for each lane, minute by minute; alarms under them.
//
// Each row has its own scale: ten searches without a card must show beside ten thousand cards.

import { drawing, el } from "../../js/dom.js";
import { clockTime, word } from "../../js/words.js";

const LANES = ["card", "known", "typed"];
const MINUTES = 60;
const MINUTE_MS = 60_000;
const BAR = 10;
const GAP = 2;
const HEIGHT = 60;
// Minutes in one row of the table.
const STEP = 10;

// `live`: {at, minutes: [{minute, lane, released, checks}]}; `alarms`: [{at}].
export function strip(live, alarms) {
  const hour = byMinute(live, alarms);
  return [
    el("h2", {}, word("strip.title")),
    el(
      "div",
      { class: "strip", "aria-hidden": "true" },
      ...LANES.flatMap((lane) => row(lane, hour)),
      ...alarmRow(hour),
      el("span"),
      axis(live.at),
    ),
    table(hour),
  ];
}

// One entry a minute, the oldest first: {at, card: [answered, refused], known, typed, alarms}.
function byMinute({ at, minutes }, alarms) {
  const last = Math.floor(Date.parse(at) / MINUTE_MS);
  const hour = Array.from({ length: MINUTES }, (_, index) => ({
    at: (last - MINUTES + 1 + index) * MINUTE_MS,
    card: [0, 0],
    known: [0, 0],
    typed: [0, 0],
    alarms: 0,
  }));
  const place = (when) => hour[Math.floor(Date.parse(when) / MINUTE_MS) - last + MINUTES - 1];
  for (const { minute, lane, released, checks } of minutes) {
    const there = place(minute);
    if (there) there[lane][released ? 0 : 1] += checks;
  }
  for (const alarm of alarms) {
    const there = place(alarm.at);
    if (there) there.alarms += 1;
  }
  return hour;
}

const sum = (hour, lane, index) => hour.reduce((total, minute) => total + minute[lane][index], 0);

function row(lane, hour) {
  const most = Math.max(...hour.map((minute) => minute[lane][0] + minute[lane][1]));
  const bars = hour.flatMap((minute, index) => {
    const [answered, refused] = minute[lane].map((count) => (count / (most || 1)) * HEIGHT);
    const x = index * (BAR + GAP);
    return [
      drawing("rect", { class: "answered", x, y: HEIGHT - answered, width: BAR, height: answered }),
      drawing("rect", { class: "denied", x, y: HEIGHT - answered - refused, width: BAR, height: refused }),
    ];
  });
  const numbers = { answered: sum(hour, lane, 0), refused: sum(hour, lane, 1), most };
  const label = el("p", {}, el("strong", {}, word(`lane.${lane}`)), word("strip.hour", numbers));
  return [label, canvas(HEIGHT, bars)];
}

function alarmRow(hour) {
  const height = 24;
  const marks = hour.flatMap(({ alarms }, index) =>
    alarms ? [drawing("rect", { class: "alarm", x: index * (BAR + GAP), y: 0, width: BAR, height })] : [],
  );
  const count = hour.reduce((total, { alarms }) => total + alarms, 0);
  const label = el("p", {}, el("strong", {}, word("strip.alarms")), word("strip.count", { count }));
  return [label, canvas(height, marks)];
}

function canvas(height, parts) {
  const width = MINUTES * (BAR + GAP);
  const line = drawing("path", { class: "ground", d: `M0 ${height}H${width}` });
  const attributes = { viewBox: `0 0 ${width} ${height + 1}`, preserveAspectRatio: "none" };
  return drawing("svg", attributes, ...parts, line);
}

function axis(at) {
  const minutesAgo = (count) => clockTime(new Date(Date.parse(at) - count * MINUTE_MS));
  const marks = [minutesAgo(MINUTES), minutesAgo(MINUTES / 2), word("strip.now")];
  return el("p", { class: "axis" }, ...marks.map((mark) => el("span", {}, mark)));
}

function table(hour) {
  const head = [word("strip.from"), ...LANES.map((lane) => word(`lane.${lane}`)), word("strip.alarms")];
  const rows = [];
  for (let from = 0; from < MINUTES; from += STEP) {
    const part = hour.slice(from, from + STEP);
    const cells = LANES.map((lane) =>
      word("strip.cell", { answered: sum(part, lane, 0), refused: sum(part, lane, 1) }),
    );
    const alarms = part.reduce((total, minute) => total + minute.alarms, 0);
    rows.push([clockTime(new Date(part[0].at)), ...cells, String(alarms)]);
  }
  return el("details", { class: "as-table" }, el("summary", {}, word("strip.table")), tableOf(head, rows));
}

// A table: its first column names the row. `label`: what the whole is called, on its page alone.
export const tableOf = (head, rows, label = head[0]) =>
  el(
    "div",
    { class: "wide", tabindex: 0, role: "region", "aria-label": label },
    el(
      "table",
      {},
      el("thead", {}, el("tr", {}, ...head.map((name) => el("th", { scope: "col" }, name)))),
      el(
        "tbody",
        {},
        ...rows.map(([first, ...others]) =>
          el("tr", {}, el("th", { scope: "row" }, first), ...others.map((cell) => el("td", {}, cell))),
        ),
      ),
    ),
  );
