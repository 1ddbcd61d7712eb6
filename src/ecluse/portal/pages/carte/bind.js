// Activation: this phone's name for the insurer, the insurer's grant, the card's code.

import { hideBanner, showBanner } from "/js/banner.js";
import { bare, judged, subjectOf } from "/js/cardcode.js";
import { byId } from "/js/dom.js";
import { hint } from "/js/hints.js";
import { word } from "/js/words.js";
import { look, offerCamera } from "./look.js";
import { bind, phoneName } from "./phone.js";

// A grant as text: base64url of a signature and a little JSON.
const GRANT = /[A-Za-z0-9_-]{150,}/;

// Whether a grant has come and was not used yet.
export const isGranted = () => byId("grant").value !== "";

// Call `done` once this phone stands for a card, or when that is put off.
export function startBind(done) {
  hint("grant", "bind.grant.hint");
  hint("card", "bind.card.hint");
  name();
  offerCamera("card-scan", () => look("look.card", isCard, took));
  byId("name-copy").addEventListener("click", copied);
  byId("bind-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const asked = await read();
    if (!asked || !(await activated(asked))) return;
    name();
    done();
  });
  byId("bind-back").addEventListener("click", () => done());
  addEventListener("hashchange", fromLink);
  fromLink();
}

function name() {
  byId("name").textContent = phoneName();
  byId("name-copy").textContent = word("bind.copy");
}

// A link from the insurer brings the grant after its #, which no server sees; then it goes.
function fromLink() {
  const found = GRANT.exec(location.hash);
  if (!found) return;
  byId("grant").value = found[0];
  hint("grant", "bind.grant.came", { state: "right" });
  history.replaceState(null, "", location.pathname);
}

async function copied() {
  await navigator.clipboard.writeText(phoneName());
  byId("name-copy").textContent = word("answer.copied");
}

const isCard = (text) => bare(text).startsWith("ECL");

function took(text) {
  byId("card").value = bare(text);
  hint("card", "bind.card.came", { state: "right" });
}

async function read() {
  const grant = GRANT.exec(byId("grant").value)?.[0];
  if (!grant) return wrong("grant", "bind.grant.wrong");
  const card = bare(byId("card").value);
  const state = await judged(card);
  if (state !== "right" || subjectOf(card).kind !== "card") {
    return wrong("card", state === "right" ? "card.unknown" : `card.${state}`);
  }
  return { card, grant, label: byId("whose").value.trim() };
}

function wrong(field, key) {
  hint(field, key, { state: "wrong" });
  byId(field).focus();
  return null;
}

async function activated({ card, grant, label }) {
  hideBanner();
  byId("bind-go").disabled = true;
  try {
    await bind(card, grant, label);
  } catch (failure) {
    const kind = failure.values?.error === "grant" ? "grant" : (failure.kind ?? "unexpected");
    showBanner(kind, { values: failure.values });
    return false;
  } finally {
    byId("bind-go").disabled = false;
  }
  byId("bind-form").reset();
  hint("grant", "bind.grant.hint");
  hint("card", "bind.card.hint");
  return true;
}
