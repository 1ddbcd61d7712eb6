// The phone's camera, until it sees the square that is wanted.

import { byId } from "/js/dom.js";
import { canRead, readSquare } from "/js/square.js";
import { word } from "/js/words.js";

const LOOK_MS = 120;

let stream = null;

// Show a button that starts the camera, where squares can be read at all.
export async function offerCamera(button, act) {
  byId(button).addEventListener("click", act);
  byId(button).hidden = !(await canRead());
}

// Look for a square whose text is `wanted`; then call `take` with it.
export async function look(title, wanted, take) {
  byId("scan-title").textContent = word(title);
  byId("scan-state").textContent = word("scan.asking");
  byId("scan").showModal();
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    byId("scan-state").textContent = word("look.blind");
    return;
  }
  if (!byId("scan").open) return stop();
  const video = byId("scan-video");
  video.srcObject = stream;
  video.hidden = false;
  await video.play();
  byId("scan-state").textContent = word("look.looking");
  while (stream) {
    const text = await readSquare(video, video.videoWidth, video.videoHeight);
    if (text && wanted(text)) {
      byId("scan").close();
      take(text);
      return;
    }
    await new Promise((resume) => setTimeout(resume, LOOK_MS));
  }
}

function stop() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = null;
  byId("scan-video").srcObject = null;
  byId("scan-video").hidden = true;
}

byId("scan").addEventListener("close", stop);
byId("scan-close").addEventListener("click", () => byId("scan").close());
