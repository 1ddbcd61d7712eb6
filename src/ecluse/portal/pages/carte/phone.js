// This phone's keys, one for each card: made here, never extractable; and what they sign in its place.

import { base64url, concat, fromBase64url, utf8 } from "/js/bytes.js";
import { makeKey, recall, remember, unregisteredKeyid } from "/js/device.js";
import { askSigned } from "/js/gate.js";
import { PHONE, written } from "/js/letters.js";

const PAGE = "member";
const LABEL = utf8("ecluse/presentation/v1\n");
const ECDSA = { name: "ECDSA", hash: "SHA-256" };

// {cards: [key with its {insurer: {amc, name}, label}], fresh: the key that the next grant will name};
// a key: {privateKey, jwk, thumbprint, name: the public key in its short form}
let kept = null;
let chosen = 0;

export const cards = () => kept.cards;
export const card = () => kept.cards[chosen];
export const choose = (index) => (chosen = index);

// What an insurer's grant names this phone by.
export const phoneName = () => base64url(kept.fresh.name);

// Take up the keys that this browser keeps, or make the first one.
export async function startPhone() {
  kept = await recall(PAGE);
  if (!kept) await keep({ cards: [], fresh: await made() });
}

async function keep(changed) {
  await remember(PAGE, changed);
  kept = changed;
}

async function made() {
  const key = await makeKey();
  const [x, y] = [key.jwk.x, key.jwk.y].map(fromBase64url);
  return { ...key, name: concat([2 + (y.at(-1) & 1)], x) };
}

// Have this phone stand for a card, as its insurer granted; `label`: whose it is, told to nobody.
export async function bind(code, grant, label) {
  const { fresh } = kept;
  const signer = { privateKey: fresh.privateKey, keyid: unregisteredKeyid(fresh.thumbprint) };
  const body = { device: fresh.jwk, card: code, grant };
  const { insurer } = await askSigned(signer, "POST", "/v1/phones", body);
  await keep({ cards: [...kept.cards, { ...fresh, insurer, label }], fresh: await made() });
  chosen = kept.cards.length - 1;
}

// Forget the key of the card on screen: what was granted to it is worth nothing any more.
export async function unbind() {
  await keep({ ...kept, cards: kept.cards.filter((_, index) => index !== chosen) });
  chosen = 0;
}

// What to show from the second `at` on, for a minute; `finess`: at that organisation alone.
export async function present(at, finess = "") {
  const { name, privateKey } = card();
  const moment = new Uint8Array(4);
  new DataView(moment.buffer).setUint32(0, at);
  const told = concat(name, moment, [finess ? 1 : 0]);
  const signed = concat(LABEL, told, utf8(finess));
  const signature = new Uint8Array(await crypto.subtle.sign(ECDSA, privateKey, signed));
  return written(PHONE, concat(told, signature));
}
