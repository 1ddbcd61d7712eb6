// Acts that take two persons. What is signed is what the page shows: its digest is computed here,
// never taken from the console, and stands in the challenge of the passkey's gesture.

import { base64url, random, sha256, utf8 } from "../../js/bytes.js";
import { present } from "../../js/passkey.js";
import { signedInDevice } from "../../js/session.js";
import { tell } from "./attempt.js";

// JSON in its one form (RFC 8785), for what acts hold: objects, texts, whole numbers, null.
export function canonical(value) {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
}

// SHA-256 of an act's content, hexadecimal.
export async function digestOf(content) {
  const bytes = await sha256(utf8(canonical(content)));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export async function propose(content) {
  const act = base64url(random(16));
  return tell("acts", { act, content, gesture: await gesture("propose", act, content) });
}

export const second = async ({ act, content }) =>
  tell(`acts/${act}/second`, { gesture: await gesture("second", act, content) });

export const withdraw = ({ act }) => tell(`acts/${act}/withdraw`);

async function gesture(step, act, content) {
  const { keyid } = signedInDevice();
  const created = Math.floor(Date.now() / 1000);
  const lines = ["ecluse/act/v1", step, act, await digestOf(content), String(created), keyid];
  return { created, assertion: await present(await sha256(utf8(lines.join("\n")))) };
}
