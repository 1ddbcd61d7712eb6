// This phone's key for one card: made here, never extractable; and what it signs in the card's place.

import { base64url, concat, fromBase64url, utf8 } from "/js/bytes.js";
import { forget, makeKey, recall, remember, unregisteredKeyid } from "/js/device.js";
import { askSigned } from "/js/gate.js";
import { PHONE, written } from "/js/letters.js";

const PAGE = "member";
const LABEL = utf8("ecluse/presentation/v1\n");
const ECDSA = { name: "ECDSA", hash: "SHA-256" };

// {privateKey, jwk, thumbprint, name: the public key in its short form, insurer: {amc, name} or null}
let phone = null;

export const insurer = () => phone.insurer;

// What an insurer's grant names this phone by.
export const phoneName = () => base64url(phone.name);

// Take up the key that this browser keeps, or make one.
export async function startPhone() {
  phone = (await recall(PAGE)) ?? (await made());
}

async function made() {
  const key = await makeKey();
  const [x, y] = [key.jwk.x, key.jwk.y].map(fromBase64url);
  const fresh = { ...key, name: concat([2 + (y.at(-1) & 1)], x), insurer: null };
  await remember(PAGE, fresh);
  return fresh;
}

// Have this phone stand for a card, as its insurer granted.
export async function bind(card, grant) {
  const signer = { privateKey: phone.privateKey, keyid: unregisteredKeyid(phone.thumbprint) };
  const body = { device: phone.jwk, card, grant };
  const told = await askSigned(signer, "POST", "/v1/phones", body);
  phone = { ...phone, insurer: told.insurer };
  await remember(PAGE, phone);
}

// Forget the key: what was granted to it is worth nothing any more.
export async function unbind() {
  await forget(PAGE);
  await startPhone();
}

// What to show from the second `at` on, for a minute; `finess`: at that organisation alone.
export async function present(at, finess = "") {
  const moment = new Uint8Array(4);
  new DataView(moment.buffer).setUint32(0, at);
  const told = concat(phone.name, moment, [finess ? 1 : 0]);
  const signed = concat(LABEL, told, utf8(finess));
  const signature = new Uint8Array(await crypto.subtle.sign(ECDSA, phone.privateKey, signed));
  return written(PHONE, concat(told, signature));
}
