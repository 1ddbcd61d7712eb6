// This organisation's own number, for a patient's phone to read: what it then shows counts here alone.

import { byId } from "./dom.js";
import { canDraw, square } from "./drawsquare.js";
import { grouped } from "./finess.js";
import { signedInDevice } from "./session.js";

export async function startOurs() {
  byId("ours-open").hidden = !(await canDraw());
  byId("ours-open").addEventListener("click", open);
  byId("ours-close").addEventListener("click", () => byId("ours").close());
}

async function open() {
  const { finess } = signedInDevice().organisation;
  byId("ours-number").textContent = grouped(finess);
  byId("ours-square").replaceChildren(await square(finess));
  byId("ours").showModal();
}
