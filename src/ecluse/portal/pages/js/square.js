// Reading the printed square of a card from a picture, here in the page: no picture leaves it.

import { config } from "./gate.js";

// Sides, in pixels, at which a picture is tried: a photograph is too fine, a screenshot may not be.
const SIDES = [1400, 700];

let reading = null;

// Whether this browser can read squares at all, by itself or by what was fetched for the pages.
export const canRead = async () => (await hasOwn()) || (await config()).reader !== null;

// The text of the square in `picture` (anything a canvas draws, of that size), or null.
export async function readSquare(picture, width, height) {
  reading ??= reader();
  const read = await reading;
  for (const side of SIDES) {
    const scale = Math.min(1, side / Math.max(width, height));
    const text = await read(drawn(picture, Math.round(width * scale), Math.round(height * scale)));
    if (text) return text;
    if (scale === 1) break;
  }
  return null;
}

async function hasOwn() {
  return "BarcodeDetector" in self && (await BarcodeDetector.getSupportedFormats()).includes("qr_code");
}

async function reader() {
  if (await hasOwn()) {
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    return async (canvas) => (await detector.detect(canvas))[0]?.rawValue;
  }
  // An older form of module: it leaves its function in the global scope.
  await import((await config()).reader);
  return (canvas) => {
    const { data, width, height } = canvas
      .getContext("2d")
      .getImageData(0, 0, canvas.width, canvas.height);
    return self.jsQR(data, width, height)?.data;
  };
}

function drawn(picture, width, height) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  // Transparent is white, as on paper.
  context.fillStyle = "white";
  context.fillRect(0, 0, width, height);
  context.drawImage(picture, 0, 0, width, height);
  return canvas;
}
