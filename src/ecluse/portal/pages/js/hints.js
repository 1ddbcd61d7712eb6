// The line under a field: what it expects, then what is still wrong with it.

import { byId } from "./dom.js";
import { word } from "./words.js";

const shown = new Map();

// `state`: "" (quiet), "right" or "wrong".
export function hint(field, key, { state = "", values = {} } = {}) {
  shown.set(field, { key, state, values });
  draw(field);
}

function draw(field) {
  const { key, state, values } = shown.get(field);
  const line = byId(`${field}-hint`);
  line.textContent = word(key, values);
  line.className = `hint ${state}`;
  byId(field).setAttribute("aria-invalid", String(state === "wrong"));
}

document.addEventListener("words", () => {
  for (const field of shown.keys()) draw(field);
});
