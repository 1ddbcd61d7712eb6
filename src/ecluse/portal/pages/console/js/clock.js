// Time that runs: how long is left until an instant, in words that are read at three in the morning.

import { el } from "../../js/dom.js";
import { instant, word } from "../../js/words.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const TICK = 20_000;
// Little is left below this.
const SOON = 12 * HOUR;

const lasting = (ms) => {
  const hours = Math.floor(ms / HOUR);
  return word("clock.lasting", { hours, minutes: String(Math.floor((ms % HOUR) / MINUTE)).padStart(2, "0") });
};

// `due`: an instant, or null when a text says no hour.
export function countdown(due) {
  if (!due) return el("span", { class: "clock" }, word("clock.none"));
  const at = new Date(due);
  const shown = el("span", { class: "clock", title: instant(at) });
  const draw = () => {
    const left = at - Date.now();
    const key = left < 0 ? "clock.late" : "clock.left";
    shown.textContent = word(key, { time: lasting(Math.abs(left)) });
    shown.className = `clock ${left < 0 ? "late" : left < SOON ? "soon" : "calm"}`;
  };
  draw();
  tick(shown, draw);
  return shown;
}

// How long something has lasted.
export function elapsed(since) {
  const shown = el("span", { class: "clock" });
  const draw = () => {
    shown.textContent = lasting(Math.max(0, Date.now() - Date.parse(since)));
  };
  draw();
  tick(shown, draw);
  return shown;
}

// Drawn anew for as long as it is on the page.
function tick(shown, draw) {
  const timer = setInterval(() => (shown.isConnected ? draw() : clearInterval(timer)), TICK);
}
