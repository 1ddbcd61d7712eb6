// A reserve drawn as a tank of water, as full as its numbers say.

import { drawing, el } from "./dom.js";
import { word } from "./words.js";

const WIDTH = 96;
const HEIGHT = 120;
const WALL = 6;

// `key`: the word for the window of time.
export function tank({ left, cap }, key) {
  const words = word("account.level", { left, cap });
  const attributes = {
    class: left ? "tank" : "tank dry",
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    role: "meter",
    "aria-label": word(key),
    "aria-valuemin": 0,
    "aria-valuemax": cap,
    "aria-valuenow": left,
    "aria-valuetext": words,
  };
  return el(
    "div",
    { class: "level" },
    drawing("svg", attributes, ...(left ? water(left / cap) : []), wall()),
    el("p", {}, el("strong", {}, words), " ", word(key)),
  );
}

function water(part) {
  const height = (HEIGHT - WALL) * part;
  const y = HEIGHT - WALL - height;
  return [
    drawing("rect", { class: "water", x: 0, y, width: WIDTH, height }),
    drawing("rect", { class: "surface", x: 0, y, width: WIDTH, height: Math.min(4, height) }),
  ];
}

function wall() {
  const near = WALL / 2;
  const d = `M${near} 0V${HEIGHT - near}H${WIDTH - near}V0`;
  return drawing("path", { class: "wall", d, "stroke-width": WALL });
}
