// Drawing a square (QR code), with an encoder that was fetched for the pages.

import { drawing } from "./dom.js";
import { config } from "./gate.js";

// The quiet zone around it, in modules (ISO/IEC 18004).
const QUIET = 4;

export const canDraw = async () => (await config()).writer !== null;

// A picture of the square that holds `text`; capital letters and digits take the least room.
export async function square(text) {
  const { encodeQR } = await import((await config()).writer);
  const rows = encodeQR(text, "raw", { ecc: "medium", border: QUIET });
  const path = rows.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : "")));
  return drawing("svg", { viewBox: `0 0 ${rows.length} ${rows.length}` }, drawing("path", { d: path.join("") }));
}
