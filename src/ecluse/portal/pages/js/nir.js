// The NIR as one types it: 13 characters and a two-digit key, 2A and 2B in Corsica.

const SHAPE = /^[1-4](?:\d{2})(?:0[1-9]|1[0-2]|[2-9]\d)(?:\d{2}|2[AB])\d{6}$/;
const GROUPS = [1, 2, 2, 2, 3, 3, 2];

export const NIR_LENGTH = 15;

export const bare = (text) => text.toUpperCase().replace(/[^0-9AB]/g, "");

// Groups as printed on a card: 2 55 08 14 168 025 38.
export function grouped(nir) {
  const parts = [];
  let rest = nir;
  for (const size of GROUPS) {
    if (rest) parts.push(rest.slice(0, size));
    rest = rest.slice(size);
  }
  return parts.join(" ") + rest;
}

// 97 less the remainder of the 13 characters read as a number; 2A counts as 19, 2B as 18.
export function keyOf(nir13) {
  const digits = nir13.replace("2A", "19").replace("2B", "18");
  return String(97 - (Number(digits) % 97)).padStart(2, "0");
}

// {state: "empty" | "left" | "long" | "shape" | "key" | "right", count}
export function judged(nir) {
  if (!nir) return { state: "empty" };
  if (nir.length > NIR_LENGTH) return { state: "long" };
  if (nir.length >= 13 && !SHAPE.test(nir.slice(0, 13))) return { state: "shape" };
  if (nir.length < NIR_LENGTH) return { state: "left", count: NIR_LENGTH - nir.length };
  return { state: keyOf(nir.slice(0, 13)) === nir.slice(13) ? "right" : "key" };
}
