// A section that reads one thing, and draws it again in another language.

import { byId } from "../../js/dom.js";
import { word } from "../../js/words.js";
import { attempt, read } from "./attempt.js";

// `path()`: what to read; `draw(told, again)`: its elements, where `again` reads anew.
export function section(name, path, draw) {
  let told = null;
  const fill = (...parts) => byId(`${name}-body`).replaceChildren(...parts);
  const again = () =>
    attempt(async () => {
      told = await read(path());
      fill(...draw(told, again));
    });
  document.addEventListener("words", () => told && fill(...draw(told, again)));
  return {
    open() {
      told = null;
      byId(`${name}-title`).focus();
      fill(word("desk.loading"));
      return again();
    },
    close() {
      told = null;
      fill();
    },
    again,
  };
}
