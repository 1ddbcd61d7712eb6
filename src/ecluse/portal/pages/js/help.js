// The help that `?` opens.

import { byId, el } from "./dom.js";
import { word } from "./words.js";

// [what the key shows (a word's key, or the key itself), what it does]
let keys = [];
// Words' keys; `.words` after each is its text.
let subjects = [];

export const openHelp = () => byId("help").showModal();

export function startHelp(does, tells) {
  keys = does;
  subjects = tells;
  byId("help-open").addEventListener("click", openHelp);
  byId("help-close").addEventListener("click", () => byId("help").close());
  document.addEventListener("words", draw);
  draw();
}

function draw() {
  byId("help-keys").replaceChildren(
    ...keys.map(([key, does]) =>
      el(
        "div",
        {},
        el("dt", {}, el("kbd", {}, key.startsWith("key.") ? word(key) : key)),
        el("dd", {}, word(does)),
      ),
    ),
  );
  byId("help-words").replaceChildren(
    ...subjects.flatMap((key) => [el("h3", {}, word(key)), el("p", {}, word(`${key}.words`))]),
  );
}
