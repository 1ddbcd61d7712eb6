// Sign in: one button, one gesture.

import { hideBanner, showBanner } from "./banner.js";
import { byId } from "./dom.js";
import { supported } from "./passkey.js";
import { go } from "./router.js";
import { signIn } from "./session.js";

// What the gate says to a key that it does not know.
const UNKNOWN_KEY = new Set(["signature", "gesture", "device_expired"]);

// The page for keys that have no place here.
let elsewhere = null;

export function startSignin(other) {
  elsewhere = other;
  byId("signin-go").addEventListener("click", enter);
}

export const signinView = {
  open() {
    if (supported()) byId("signin-go").focus();
    else showBanner("old");
  },
};

async function enter() {
  const button = byId("signin-go");
  button.disabled = true;
  hideBanner();
  try {
    await signIn();
    go();
  } catch (failure) {
    const unknown = UNKNOWN_KEY.has(failure.values?.error);
    const kind = unknown ? "gone" : (failure.kind ?? "unexpected");
    showBanner(kind, { values: failure.values, place: kind === "elsewhere" ? elsewhere : null });
  } finally {
    button.disabled = false;
  }
}
