// A card read by camera, or from a picture dropped, chosen or pasted; then asked like a scanned one.

import { askCard } from "./ask.js";
import { bare, looksLikeCard } from "./cardcode.js";
import { byId } from "./dom.js";
import { hint } from "./hints.js";
import { currentView } from "./router.js";
import { canRead, readSquare } from "./square.js";
import { word } from "./words.js";

const LOOK_MS = 120;

let stream = null;
let state = null;

export async function startScan() {
  if (!(await canRead())) return;
  byId("scan-open").hidden = false;
  byId("scan-open").addEventListener("click", openScan);
  byId("scan-close").addEventListener("click", () => byId("scan").close());
  byId("scan").addEventListener("close", stop);
  byId("scan-file").addEventListener("change", ({ target }) => {
    readFile(target.files[0]);
    target.value = "";
  });
  for (const kind of ["dragenter", "dragover", "dragleave"]) addEventListener(kind, hover);
  addEventListener("drop", (event) => {
    hover(event);
    readFile(event.dataTransfer.files[0]);
  });
  addEventListener("paste", (event) => {
    if (event.clipboardData.files.length) event.preventDefault();
    readFile(event.clipboardData.files[0]);
  });
  document.addEventListener("words", () => state && say(state));
}

// Open the camera's window; without a camera a picture can be chosen there.
export async function openScan() {
  if (byId("scan-open").hidden) return;
  byId("scan").showModal();
  say("scan.asking");
  try {
    const asked = { video: { facingMode: "environment", width: { ideal: 1280 } } };
    stream = await navigator.mediaDevices.getUserMedia(asked);
  } catch {
    return say("scan.blind");
  }
  if (!byId("scan").open) return stop();
  const video = byId("scan-video");
  video.srcObject = stream;
  video.hidden = false;
  await video.play();
  say("scan.looking");
  look();
}

// Another square than a card's is passed over: there are many at a counter.
async function look() {
  const video = byId("scan-video");
  if (!stream) return;
  const text = await readSquare(video, video.videoWidth, video.videoHeight);
  if (!stream) return;
  if (text && looksLikeCard(bare(text))) return take(text);
  if (text) say("scan.other");
  setTimeout(look, LOOK_MS);
}

function stop() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = null;
  state = null;
  byId("scan-video").srcObject = null;
  byId("scan-video").hidden = true;
}

function take(text) {
  byId("scan").close();
  askCard(text);
}

async function readFile(file) {
  if (!file || currentView() !== "check") return;
  const text = await readPicture(file);
  if (text) return take(text);
  byId("scan").close();
  hint("card", "card.unread", { state: "wrong" });
}

async function readPicture(file) {
  const picture = await createImageBitmap(file).catch(() => null);
  return picture && readSquare(picture, picture.width, picture.height);
}

// A picture that misses the field must not replace the page.
function hover(event) {
  event.preventDefault();
  document.body.classList.toggle("dropping", ["dragenter", "dragover"].includes(event.type));
}

function say(key) {
  state = key;
  byId("scan-state").textContent = word(key);
}
