// What a member shows at a counter: a card's code, or what their phone signed this minute.

import { CARD, lengthOf, PHONE, readLetters } from "./letters.js";

const FORMS = [CARD, PHONE];

export const bare = (text) => text.toUpperCase().replace(/[\s-]/g, "");

const formOf = (code) => FORMS.find(({ prefix }) => code.startsWith(prefix));

export const looksLikeCard = (code) => formOf(code) !== undefined;

// What a reader set to another keyboard writes for digits, and what other alphabets write for letters.
const OTHER_LAYOUT = /[&é"'(§è!çà]|\p{Script=Cyrillic}|\p{Script=Greek}|\p{Script=Arabic}/iu;

// A card's letters at other places (BÉPO, Dvorak) still come in a card's number.
const otherLayout = (code) =>
  OTHER_LAYOUT.test(code) || FORMS.some((form) => code.length === lengthOf(form));

// "right", or why the text is no card's code: "unknown", "layout", "incomplete", "wrong".
export async function judged(code) {
  const form = formOf(code);
  if (!form) return otherLayout(code) ? "layout" : "unknown";
  const read = await readLetters(form, code);
  return typeof read === "string" ? read : "right";
}

// The subject of a check, of a code that is right.
export const subjectOf = (code) =>
  formOf(code) === PHONE ? { kind: "phone", code } : { kind: "card", card: code };
