// Care families as large radio buttons; the last one used is remembered for the day.

import { byId, el, icon } from "./dom.js";
import { today } from "./today.js";
import { word } from "./words.js";

const FAMILIES = ["everyday", "pharmacy", "hospital", "optics", "dental", "hearing"];
const KEPT = "ecluse.family";

export function drawFamilies() {
  const chosen = chosenFamily() ?? rememberedFamily();
  byId("families").replaceChildren(...FAMILIES.map((family) => radio(family, family === chosen)));
}

export const chosenFamily = () => document.querySelector("input[name=family]:checked")?.value;

export function rememberFamily() {
  localStorage.setItem(KEPT, JSON.stringify({ day: today(), family: chosenFamily() }));
}

// Choose the next family (step 1) or the one before (step -1).
export function stepFamily(step) {
  const at = FAMILIES.indexOf(chosenFamily()) + step;
  chooseFamily(FAMILIES[(at + FAMILIES.length) % FAMILIES.length]);
}

export function chooseFamily(family) {
  document.querySelector(`input[name=family][value=${family}]`).checked = true;
}

function rememberedFamily() {
  const { day, family } = JSON.parse(localStorage.getItem(KEPT) ?? "{}");
  return day === today() && FAMILIES.includes(family) ? family : FAMILIES[0];
}

function radio(family, checked) {
  return el(
    "label",
    { class: "family" },
    el("input", { type: "radio", name: "family", value: family, checked }),
    icon(family),
    el("span", {}, word(`family.${family}`)),
  );
}
