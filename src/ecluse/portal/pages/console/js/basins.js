// The lock: accounts, organisations, regions, platform as four basins, as full as what is left in
// them; a brake is a closed gate.

import { drawing, el, icon } from "../../js/dom.js";
import { clockTime, word } from "../../js/words.js";
import { tableOf } from "./strip.js";

const WIDTH = 120;
const HEIGHT = 84;
const WALL = 6;

// `levels`: the console's gauges, from the nearest to the widest; `now`: what is taken away.
export function basins(levels, now) {
  const rows = levels.map((gauge) => [
    word(`level.${gauge.level}`),
    told(gauge),
    percent(gauge),
    state(gauge, now),
  ]);
  const head = ["lock.level", "lock.told", "lock.left", "lock.gate"].map((key) => word(key));
  return [
    el("h2", {}, word("lock.title")),
    el("ol", { class: "basins", "aria-hidden": "true" }, ...levels.map((gauge) => basin(gauge, now))),
    el("div", { class: "spoken" }, tableOf(head, rows)),
    el("p", { class: "note" }, word("lock.note")),
  ];
}

// What is left, from 0 to 1: of those who asked, how many have more than half; of a shared cap, how
// much.
function left({ level, asked, low, used, cap }) {
  if (level === "account" || level === "organisation") return asked ? 1 - low / asked : 1;
  return cap ? Math.max(0, 1 - used / cap) : 0;
}

const percent = (gauge) => word("lock.percent", { percent: Math.floor(left(gauge) * 100) });

function told(gauge) {
  const { level, asked, low, dry, used, cap, fullest } = gauge;
  const values = { asked, low, dry, left: Math.max(0, cap - used), cap, name: nameOf(fullest) };
  if (level === "region" && !fullest) return word("level.region.none");
  return word(`level.${level}.told`, values);
}

// "region/53/21": a region's one profession.
function nameOf(scope) {
  const [, region, profession] = scope.split("/");
  if (!region) return "";
  const names = { region: word(`region.${region}`), profession: word(`profession.${profession}`) };
  return word("level.scope", names);
}

// Which gate is closed, in words; empty when none is.
function state({ level }, now) {
  if (level === "platform" && now.braked_until) {
    return word("lock.braked", { time: clockTime(new Date(now.braked_until)) });
  }
  if (level === "account" && now.locked + now.frozen + now.shrunk) return word("lock.accounts", now);
  return word("lock.open");
}

const closed = ({ level }, now) => level === "platform" && now.braked_until !== null;

function basin(gauge, now) {
  const shut = closed(gauge, now);
  const dry = left(gauge) <= 0.5;
  return el(
    "li",
    { class: shut ? "shut" : dry ? "dry" : "" },
    picture(left(gauge), shut),
    el(
      "div",
      {},
      el("h3", {}, word(`level.${gauge.level}`)),
      el("p", {}, told(gauge)),
      el("p", { class: "state" }, ...(shut ? [icon("stopped")] : []), state(gauge, now)),
    ),
  );
}

// Water runs on through an open gate; a closed one is two leaves that meet in a shallow V.
function picture(part, shut) {
  const depth = (HEIGHT - WALL) * part;
  const top = HEIGHT - WALL - depth;
  const gate = WIDTH - 24;
  const width = (shut ? gate : WIDTH) - WALL;
  return drawing(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}` },
    drawing("rect", { class: "water", x: WALL, y: top, width, height: depth }),
    drawing("rect", { class: "surface", x: WALL, y: top, width, height: Math.min(3, depth) }),
    wall(`M${WALL / 2} 0V${HEIGHT - WALL / 2}H${WIDTH}`, WALL),
    wall(`M${gate + 10} 0v10`, WALL * 3),
    shut ? leaves(gate) : null,
  );
}

const wall = (d, width) => drawing("path", { class: "wall", d, "stroke-width": width });

function leaves(gate) {
  const foot = HEIGHT - WALL;
  const d = `M${gate} 12 ${gate + 9} 20V${foot}h-9zM${gate + 20} 12l-9 8V${foot}h9z`;
  return drawing("path", { class: "leaves", d });
}
