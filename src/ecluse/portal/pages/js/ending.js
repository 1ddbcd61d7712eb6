// A sign-in that ends soon: said half an hour before, renewed without losing what is typed.

import { showBanner } from "./banner.js";
import { signedInDevice, signIn } from "./session.js";
import { clockTime } from "./words.js";

const WARNED_MS = 30 * 60 * 1000;
const LOOK_MS = 30 * 1000;

// The end that was warned of; one warning each.
let warned = null;

export function startEnding() {
  setInterval(look, LOOK_MS);
}

function look() {
  const end = signedInDevice()?.expires_at;
  const left = Date.parse(end) - Date.now();
  if (!end || end === warned || left > WARNED_MS || left <= 0) return;
  warned = end;
  showBanner("ending", { values: { time: clockTime(new Date(end)) }, renew });
}

async function renew() {
  try {
    await signIn();
    showBanner("restored");
  } catch (failure) {
    showBanner(failure.kind ?? "unexpected", { values: failure.values, renew });
  }
}
