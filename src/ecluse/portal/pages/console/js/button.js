// A button of the console: what it says, what it does; `main` for the one that is waited for.

import { el } from "../../js/dom.js";
import { word } from "../../js/words.js";

export const button = (key, onclick, look = "second") =>
  el("button", { type: "button", class: look, onclick }, word(key));
