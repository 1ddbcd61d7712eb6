// The help that `?` opens.

import { byId, el } from "./dom.js";
import { word } from "./words.js";

// [what the key shows (a word's key, or the key itself), what it does]
const KEYS = [
  ["key.enter", "help.enter"],
  ["key.escape", "help.escape"],
  ["F2", "help.f2"],
  ["F4", "help.scan"],
  ["key.arrows", "help.arrows"],
  ["F8", "help.copy"],
  ["key.print", "help.print"],
  ["?", "help.help"],
];
const SUBJECTS = ["help.password", "help.foreign", "help.once"];

export const openHelp = () => byId("help").showModal();

export function startHelp() {
  byId("help-open").addEventListener("click", openHelp);
  byId("help-close").addEventListener("click", () => byId("help").close());
  document.addEventListener("words", draw);
  draw();
}

function draw() {
  byId("help-keys").replaceChildren(
    ...KEYS.map(([key, does]) =>
      el(
        "div",
        {},
        el("dt", {}, el("kbd", {}, key.startsWith("key.") ? word(key) : key)),
        el("dd", {}, word(does)),
      ),
    ),
  );
  byId("help-words").replaceChildren(
    ...SUBJECTS.flatMap((key) => [el("h3", {}, word(key)), el("p", {}, word(`${key}.words`))]),
  );
}
