// One dialog that says in words what is about to happen, and asks.

import { byId, el } from "../../js/dom.js";
import { word } from "../../js/words.js";

let settle = null;
let right = null;

export function startConfirm() {
  const dialog = byId("confirm");
  byId("confirm-no").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => finish(null));
  byId("confirm-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(event.target));
    const wrong = right?.(values);
    byId("confirm-wrong").hidden = !wrong;
    if (wrong) byId("confirm-wrong").textContent = word(wrong);
    else finish(values);
  });
}

// `title`, `go`: words; `says`: elements; `check(values)`: the key of what is wrong, or nothing.
// Resolves to the form's values, or null when nothing is to be done.
export function confirmed({ title, says, go, check = null }) {
  byId("confirm-title").textContent = title;
  byId("confirm-body").replaceChildren(...says);
  byId("confirm-go").textContent = go;
  byId("confirm-wrong").hidden = true;
  right = check;
  byId("confirm").showModal();
  byId("confirm").scrollTop = 0;
  return new Promise((resolve) => {
    settle = resolve;
  });
}

function finish(values) {
  settle?.(values);
  settle = null;
  byId("confirm").close();
}

// A field of the dialog: what it is for, and its control.
export const field = (id, key, control) =>
  el("div", { class: "field" }, el("label", { for: id }, word(key)), control);
