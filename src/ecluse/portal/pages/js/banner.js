// One banner: what is wrong, what is certain, what to do. Never a dead end.

import { byId, el, icon } from "./dom.js";
import { word } from "./words.js";

const STOPPED = new Set(["foreign"]);
const GOOD = new Set(["restored", "claims"]);

let shown = null;

// Show the banner of a failure's kind; `retry` adds a button that tries again, `renew`
// one that presents the passkey anew, `place` a link to another page.
export function showBanner(kind, { values = {}, retry = null, renew = null, place = null } = {}) {
  shown = { kind, values, retry, renew, place };
  draw();
}

export function hideBanner(kind = null) {
  if (kind && shown?.kind !== kind) return;
  shown = null;
  byId("banner").hidden = true;
}

function draw() {
  if (!shown) return;
  const { kind, values, retry, renew, place } = shown;
  const tone = STOPPED.has(kind) ? "stopped" : GOOD.has(kind) ? "covered" : "warning";
  const banner = byId("banner");
  banner.className = `banner ${tone}`;
  banner.hidden = false;
  banner.replaceChildren(
    icon(tone),
    el("p", {}, el("strong", {}, word(`banner.${kind}`, values)), " ", word(`banner.${kind}.what`, values)),
    ...(retry ? [el("button", { type: "button", class: "second", onclick: retry }, word("banner.retry"))] : []),
    ...(renew ? [el("button", { type: "button", class: "second", onclick: renew }, word("banner.renew"))] : []),
    ...(place ? [el("a", { class: "second", href: place }, word("banner.place"))] : []),
    el("button", { type: "button", class: "quiet", onclick: () => hideBanner() }, word("banner.close")),
  );
}

document.addEventListener("words", draw);
