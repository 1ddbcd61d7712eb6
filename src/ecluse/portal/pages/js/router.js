// Which of the page's sections is on screen; the address says so after its #.

import { hideBanner } from "./banner.js";
import { byId } from "./dom.js";
import { signedInDevice } from "./session.js";
import { word } from "./words.js";

// Shown to anybody; every other section needs a device that is signed in.
const OPEN = new Set(["signin", "enrol"]);

let views = {};
let home = null;
let current = null;

export const currentView = () => current;

// `all`: {name: {open(argument), close()}}, one per section; `first()`: where one begins.
export function startRouter(all, first) {
  views = all;
  home = first;
  addEventListener("hashchange", follow);
  document.addEventListener("words", entitle);
  follow();
}

// Show a section now, the first one if none is named; `argument` follows its name in the address.
export function go(name = home(), argument = "") {
  const hash = argument ? `#${name}/${argument}` : `#${name}`;
  if (location.hash !== hash) history.pushState(null, "", hash);
  show(name, argument);
}

function follow() {
  const [name, argument] = location.hash.slice(1).split("/");
  go(name in views ? name : home(), argument);
}

function show(wanted, argument) {
  const name = !OPEN.has(wanted) && !signedInDevice() ? "signin" : wanted;
  if (name !== current) hideBanner();
  views[current]?.close?.();
  current = name;
  for (const view of Object.keys(views)) byId(view).hidden = view !== name;
  byId("places").hidden = !signedInDevice();
  byId("who").textContent = signedInDevice()?.organisation?.name ?? signedInDevice()?.label ?? "";
  for (const link of byId("places").querySelectorAll("a")) {
    link.ariaCurrent = link.hash === `#${name}` ? "page" : null;
  }
  entitle();
  views[name].open(argument);
}

function entitle() {
  if (current) document.title = `${word(`${current}.title`)} · Écluse`;
}
