// Who is signed in on this computer, and how that begins and ends.

import { concat, fromBase64url, sha256, utf8 } from "./bytes.js";
import * as device from "./device.js";
import { Failure } from "./failure.js";
import { ask, askSigned } from "./gate.js";
import { present } from "./passkey.js";

// {name, admits(device), forget()}: whose page this is, and what else ends with a sign-in.
let page = null;
let current = null;

export const signedInDevice = () => current;

// Take up the registration that this browser keeps for this page, if it has not ended.
export async function startSession(here) {
  page = here;
  const kept = await device.recall(page.name);
  current = kept && Date.parse(kept.expires_at) > Date.now() ? kept : null;
}

// A passkey gesture whose challenge commits to the key that this computer just made.
export async function signIn() {
  const { nonce } = await ask("POST", "/v1/login/begin", {});
  const { privateKey, jwk, thumbprint } = await device.makeKey();
  const challenge = await sha256(
    concat(utf8("ecluse/device/v1\n"), fromBase64url(nonce), thumbprint),
  );
  const assertion = await present(challenge);
  const unregistered = { privateKey, keyid: device.unregisteredKeyid(thumbprint) };
  const registered = await askSigned(unregistered, "POST", "/v1/login/finish", {
    nonce,
    device: jwk,
    assertion,
  });
  current = { privateKey, ...registered };
  if (!page.admits(current)) {
    // An officer's key has nothing to do at a counter, and keeps no registration there; or the other way.
    await signOut(false);
    throw new Failure("elsewhere");
  }
  await device.remember(page.name, current);
}

// Ask the gate as this computer.
export const asDevice = (method, path, body) => askSigned(current, method, path, body);

// Forget this computer's key; without it nothing here can sign.
export async function drop() {
  page.forget?.();
  current = null;
  await device.forget(page.name);
}

// End this registration, or all of the account's; resolves to how many ended.
export async function signOut(everywhere) {
  const { devices } = await asDevice("POST", "/v1/logout", { everywhere });
  await drop();
  return devices;
}
