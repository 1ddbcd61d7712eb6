// A card's code: "ECL", 32 letters for 16 bytes, 2 check letters. Its 16 letters lie at the same
// place on AZERTY and QWERTY keyboards, so a reader set to either types the same code.

import { concat, sha256, utf8 } from "./bytes.js";

const LETTERS = "BCDEFGHIJKLNOPRS";
const PREFIX = "ECL";
const LENGTH = PREFIX.length + 34;

export const bare = (text) => text.toUpperCase().replace(/[\s-]/g, "");

export const looksLikeCard = (code) => code.startsWith(PREFIX);

// What a reader set to another keyboard writes for digits, and what other alphabets write for letters.
const OTHER_LAYOUT = /[&é"'(§è!çà]|\p{Script=Cyrillic}|\p{Script=Greek}|\p{Script=Arabic}/iu;

// A card's letters at other places (BÉPO, Dvorak) still come in a card's number.
const otherLayout = (code) => OTHER_LAYOUT.test(code) || code.length === LENGTH;

// "right", or why the text is no card's code: "unknown", "layout", "incomplete", "wrong".
export async function judged(code) {
  if (!looksLikeCard(code)) return otherLayout(code) ? "layout" : "unknown";
  if (code.length < LENGTH) return "incomplete";
  const values = [...code.slice(PREFIX.length)].map((letter) => LETTERS.indexOf(letter));
  if (code.length > LENGTH || values.includes(-1)) return "wrong";
  const bytes = Uint8Array.from({ length: 17 }, (_, i) => values[2 * i] * 16 + values[2 * i + 1]);
  const check = await sha256(concat(utf8("ecluse/card/v1"), bytes.slice(0, 16)));
  return check[0] === bytes[16] ? "right" : "wrong";
}
