// Bytes as letters that lie at the same place on AZERTY and QWERTY keyboards, so that a reader set to
// either types the same: a prefix, two letters for each byte, two check letters.

import { concat, sha256, utf8 } from "./bytes.js";

const LETTERS = "BCDEFGHIJKLNOPRS";

// {prefix, domain, size: bytes}
export const CARD = { kind: "card", prefix: "ECL", domain: "ecluse/card/v1", size: 16 };
export const PHONE = { kind: "phone", prefix: "ECP", domain: "ecluse/presentation/v1", size: 102 };

export const lengthOf = ({ prefix, size }) => prefix.length + 2 * (size + 1);

const checkOf = async ({ domain }, bytes) => (await sha256(concat(utf8(domain), bytes)))[0];

export async function written(form, bytes) {
  const whole = concat(bytes, [await checkOf(form, bytes)]);
  return form.prefix + [...whole].map((byte) => LETTERS[byte >> 4] + LETTERS[byte & 15]).join("");
}

// The bytes of a text, or why there are none: "incomplete", "wrong".
export async function readLetters(form, code) {
  if (code.length < lengthOf(form)) return "incomplete";
  const values = [...code.slice(form.prefix.length)].map((letter) => LETTERS.indexOf(letter));
  if (code.length > lengthOf(form) || values.includes(-1)) return "wrong";
  const whole = Uint8Array.from({ length: form.size + 1 }, (_, i) => values[2 * i] * 16 + values[2 * i + 1]);
  const bytes = whole.slice(0, form.size);
  return (await checkOf(form, bytes)) === whole[form.size] ? bytes : "wrong";
}
