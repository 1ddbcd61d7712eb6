// Which of the page's sections is on screen; the address says so after its #.

import { hideBanner } from "./banner.js";
import { byId } from "./dom.js";
import { signedInDevice } from "./session.js";
import { word } from "./words.js";

const HOME = "check";
const NEEDS_DEVICE = new Set(["check", "day", "account"]);
const TITLES = { signin: "signin.title", enrol: "enrol.title", check: "check.title", day: "day.title", account: "account.title" };

let views = {};
let current = null;

export const currentView = () => current;

// `all`: {name: {open(argument), close()}}, one per section.
export function startRouter(all) {
  views = all;
  addEventListener("hashchange", follow);
  document.addEventListener("words", entitle);
  follow();
}

// Show a section now; `argument` follows its name in the address.
export function go(name, argument = "") {
  const hash = argument ? `#${name}/${argument}` : `#${name}`;
  if (location.hash !== hash) history.pushState(null, "", hash);
  show(name, argument);
}

function follow() {
  const [name, argument] = location.hash.slice(1).split("/");
  go(name in views ? name : HOME, argument);
}

function show(wanted, argument) {
  const name = NEEDS_DEVICE.has(wanted) && !signedInDevice() ? "signin" : wanted;
  if (name !== current) hideBanner();
  views[current]?.close?.();
  current = name;
  for (const view of Object.keys(views)) byId(view).hidden = view !== name;
  byId("places").hidden = !signedInDevice();
  byId("who").textContent = signedInDevice()?.organisation.name ?? "";
  for (const link of byId("places").querySelectorAll("a")) {
    link.ariaCurrent = link.hash === `#${name}` ? "page" : null;
  }
  entitle();
  views[name].open(argument);
}

function entitle() {
  if (current) document.title = `${word(TITLES[current])} · Écluse`;
}
