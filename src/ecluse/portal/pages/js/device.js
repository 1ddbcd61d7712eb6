// This computer's signing key: made here, never extractable, kept as a handle in IndexedDB.

import { base64url, sha256, utf8 } from "./bytes.js";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" };
const STORE = "device";

// Make a key pair whose private half cannot leave the browser.
export async function makeKey() {
  const pair = await crypto.subtle.generateKey(ALGORITHM, false, ["sign", "verify"]);
  const { crv, kty, x, y } = await crypto.subtle.exportKey("jwk", pair.publicKey);
  const jwk = { crv, kty, x, y };
  return { privateKey: pair.privateKey, jwk, thumbprint: await thumbprintOf(jwk) };
}

// RFC 7638: required members only, in alphabetical order, no white space.
const thumbprintOf = ({ crv, kty, x, y }) => sha256(utf8(JSON.stringify({ crv, kty, x, y })));

// The keyid of a key whose device is not registered yet has no account before the dot.
export const unregisteredKeyid = (thumbprint) => `.${base64url(thumbprint)}`;

// A device: {privateKey, keyid, organisation: {name, finess} or null, label, role, expires_at}; each
// page keeps one, under the page's own name.
export const recall = (page) => transact("readonly", (store) => store.get(page));
export const remember = (page, device) => transact("readwrite", (store) => store.put(device, page));
export const forget = (page) => transact("readwrite", (store) => store.delete(page));

async function transact(mode, act) {
  const database = await settled(opening());
  try {
    return await settled(act(database.transaction(STORE, mode).objectStore(STORE)));
  } finally {
    database.close();
  }
}

function opening() {
  const request = indexedDB.open("ecluse", 1);
  request.addEventListener("upgradeneeded", () => request.result.createObjectStore(STORE));
  return request;
}

function settled(request) {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error));
  });
}
