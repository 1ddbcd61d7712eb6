// First sign-in: make a passkey, show its fingerprint, wait for an officer to accept it.
//
// Who may join as what is the page's own: it reads its form. The fingerprint stands in the page's address: it commits to a public key and is no secret.

import { hideBanner, showBanner } from "./banner.js";
import { fromBase64url } from "./bytes.js";
import { byId } from "./dom.js";
import { Failure } from "./failure.js";
import { ask } from "./gate.js";
import { create, supported } from "./passkey.js";
import { go } from "./router.js";
import { word } from "./words.js";

const ASK_AGAIN_MS = 2500;
const FINGERPRINT = /^[0-9A-Z]{4}(-[0-9A-Z]{4}){2}$/;
// Web Authentication level 3, section 6.1: flags follow the 32-byte RP id hash; bit 3 is BE.
const FLAGS_AT = 32;
const BACKUP_ELIGIBLE = 0x08;

// {fingerprint, state} once a key is made.
let pending = null;
let timer = null;
let claims = null;

// `read()`: what the form asks to be, or null when something in it is wrong and said to be.
export function startEnrol(read) {
  claims = read;
  byId("enrol-form").addEventListener("submit", (event) => {
    event.preventDefault();
    enrol();
  });
  document.addEventListener("words", draw);
}

export const enrolView = {
  open(fingerprint) {
    pending = FINGERPRINT.test(fingerprint) ? { fingerprint, state: "pending" } : null;
    draw();
    if (pending) follow();
    else byId("enrol-form").querySelector("input").focus();
    if (!supported()) showBanner("old");
  },
  close() {
    clearTimeout(timer);
  },
};

function draw() {
  byId("enrol-form").hidden = pending !== null;
  byId("enrol-pending").hidden = pending === null;
  if (!pending) return;
  byId("enrol-state").textContent = word(`enrol.${pending.state}`);
  byId("enrol-fingerprint").textContent = pending.fingerprint;
  byId("enrol-next").textContent = word(`enrol.${pending.state}.next`);
}

async function enrol() {
  const asked = claims();
  if (!asked) return;
  hideBanner();
  try {
    const { fingerprint } = await newKey(asked);
    go("enrol", fingerprint);
  } catch (failure) {
    showBanner(failure.kind ?? "unexpected", { values: failure.values });
  }
}

async function newKey(asked) {
  const { ticket, public_key: options } = await ask("POST", "/v1/enrolments/begin", asked);
  const credential = await create(options);
  const flags = fromBase64url(credential.response.authenticatorData)[FLAGS_AT];
  if (flags & BACKUP_ELIGIBLE) throw new Failure("synced");
  return ask("POST", "/v1/enrolments/finish", { ticket, credential });
}

// Ask until the officer has decided; a lost answer only means asking again.
async function follow() {
  try {
    const { state } = await ask("GET", `/v1/enrolments/${pending.fingerprint}`);
    pending.state = state;
    draw();
  } catch (failure) {
    if (!failure.passing) return;
  }
  if (pending.state === "pending") timer = setTimeout(follow, ASK_AGAIN_MS);
}
