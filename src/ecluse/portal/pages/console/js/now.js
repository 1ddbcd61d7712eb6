// The first screen: is anything wrong, where, and what was done already. Asked again every few
// seconds, each time by a signed request.

import { hideBanner } from "../../js/banner.js";
import { byId, el, icon } from "../../js/dom.js";
import { clockTime, word } from "../../js/words.js";
import { actItem } from "./acts.js";
import { cases } from "./alarms.js";
import { read, report } from "./attempt.js";
import { basins } from "./basins.js";
import { strip } from "./strip.js";

const ASK_AGAIN_MS = 4000;
// Alarms are read again when something was taken away or given back, and at least this often.
const ALARMS_MS = 30_000;
// The watch measures every few seconds: a measure older than this was its last.
const SILENT_MS = 60_000;

// {live, alarms, names, now, acts, actNames}; `at`: when the alarms were read.
let seen = null;
let at = 0;
// The last question got no answer.
let lost = false;
let timer = null;
let open = false;

export const nowView = {
  open() {
    open = true;
    afresh();
  },
  close() {
    open = false;
    clearTimeout(timer);
  },
};

async function again() {
  clearTimeout(timer);
  try {
    const [live, { acts, names: actNames }] = await Promise.all(["live", "acts"].map(read));
    const { alarms, names } = stale(live, acts) ? await readAlarms() : seen;
    if (lost) hideBanner();
    lost = false;
    seen = { live, alarms, names, now: live.now, acts, actNames };
    if (open) draw();
  } catch (failure) {
    if (open) await report(failure);
    if (!failure.lost) return;
    lost = true;
  }
  clearTimeout(timer);
  if (open) timer = setTimeout(again, ASK_AGAIN_MS);
}

async function readAlarms() {
  const told = await read("alarms");
  at = Date.now();
  return told;
}

// How many were taken from, and the acts: the position that the watch has read to changes always.
const mark = ({ locked, frozen, shrunk, alarms, braked_until: until }, acts) =>
  JSON.stringify([locked, frozen, shrunk, alarms, until, acts.map(({ act }) => act)]);

const stale = (live, acts) =>
  !seen || Date.now() - at > ALARMS_MS || mark(live.now, acts) !== mark(seen.now, seen.acts);

// After an act of one's own.
function afresh() {
  at = 0;
  return again();
}

function draw() {
  const { live, alarms, names, acts, actNames, now } = seen;
  const page = { names, now, acts, again: afresh, redraw: draw };
  const opened = alarms.filter((alarm) => alarm.open);
  const before = alarms.filter((alarm) => !alarm.open);
  keepingFocus(() => {
    say(verdict());
    fill("waiting", under("now.waiting", acts.map((act) => actItem(act, actNames, afresh))));
    fill("alarms", under("now.alarms", cases(opened, page)));
    fill("strip", strip(live, alarms));
    fill("lock", basins(live.levels, now));
    fill("before", under("now.before", cases(before, page)));
  });
}

// Nothing has no heading.
const under = (key, parts) => (parts.length ? [el("h2", {}, word(key)), ...parts] : []);

const fill = (id, parts) => byId(id).replaceChildren(...parts);

// Said aloud only when it changes.
function say({ tone, title, lines }) {
  const text = [title, ...lines].join("\n");
  if (byId("verdict").dataset.said === text) return;
  byId("verdict").dataset.said = text;
  byId("verdict").className = `now-verdict ${tone}`;
  byId("verdict").replaceChildren(
    icon(tone),
    el(
      "div",
      {},
      el("p", { class: "answer-word" }, title),
      ...lines.map((line) => el("p", {}, line)),
    ),
  );
}

function verdict() {
  const { live, alarms, acts, now } = seen;
  const count = alarms.filter((alarm) => alarm.open).length;
  const measured = live.levels.map(({ at }) => Date.parse(at));
  const silent = Date.parse(live.at) - Math.max(0, ...measured) > SILENT_MS;
  const done = [
    now.locked ? word("now.locked", now) : "",
    now.frozen ? word("now.frozen", now) : "",
    now.shrunk ? word("now.shrunk", now) : "",
    acts.length ? word("now.acts", { count: acts.length }) : "",
  ].filter(Boolean);
  if (silent) {
    return { tone: "stopped", title: word("now.silent"), lines: [word("now.silent.what"), ...done] };
  }
  if (live.witnesses.refused) {
    return { tone: "stopped", title: word("now.refused"), lines: [word("now.refused.what"), ...done] };
  }
  if (!live.witnesses.enough) {
    const lines = [word("now.unwitnessed.what"), ...done];
    return { tone: "stopped", title: word("now.unwitnessed"), lines };
  }
  if (now.braked_until) {
    const time = clockTime(new Date(now.braked_until));
    const lines = [word("now.braked.what"), ...done];
    return { tone: "stopped", title: word("now.braked", { time }), lines };
  }
  if (count) {
    return { tone: "warning", title: word(count > 1 ? "now.many" : "now.one", { count }), lines: done };
  }
  return { tone: "covered", title: word("now.calm"), lines: done.length ? done : [word("now.calm.what")] };
}

// A page drawn anew every few seconds must not take the focus, nor fold what was unfolded.
function keepingFocus(act) {
  const focused = document.activeElement;
  const around = focused?.closest("#now article[id], #now > div");
  const place = around ? [...around.querySelectorAll(REACHED)].indexOf(focused) : -1;
  const folds = () => [...byId("now").querySelectorAll("details")];
  const unfolded = folds().map((each) => each.open);
  act();
  folds().forEach((each, index) => (each.open = unfolded[index] ?? false));
  if (place >= 0) byId(around.id)?.querySelectorAll(REACHED)[place]?.focus({ preventScroll: true });
}

const REACHED = "button, a, summary, [tabindex]";

document.addEventListener("words", () => seen && open && draw());
