// An insurer's own notices: what happened to its members, in a file that it alone opens.

import { el, icon } from "../../js/dom.js";
import { currentLanguage, instant, word } from "../../js/words.js";
import { attempt, read, tell } from "./attempt.js";
import { button } from "./button.js";
import { countdown } from "./clock.js";
import { section } from "./section.js";

export const noticesView = section("notices", () => "notices", draw);

function draw({ notices, duties }, again) {
  return [
    ...(notices.length
      ? notices.map((each) => notice(each, duties, again))
      : [el("p", { class: "lead" }, word("notices.own.none"))]),
    el("p", { class: "note" }, word("notices.own.note")),
  ];
}

function notice(told, duties, again) {
  const { incident, version, sent_at: sent, acknowledged_at: read_at, sha256, clocks } = told;
  return el(
    "article",
    { class: read_at ? "case" : "case open" },
    el(
      "h2",
      {},
      icon(read_at ? "covered" : "warning"),
      word("notices.own.title", { incident, version }),
    ),
    el("p", {}, word("notices.own.sent", { time: instant(sent) })),
    ...clocks
      .filter(({ since }) => since)
      .map(({ duty, due }) =>
        el("p", { class: "done" }, duties[duty][currentLanguage()], countdown(due)),
      ),
    el("p", { class: "note" }, `SHA-256 ${sha256}`),
    el(
      "p",
      { class: "acts" },
      button("notices.own.fetch", () => fetchFile(told, again), "main"),
      read_at
        ? el("span", {}, word("notices.own.acknowledged", { time: instant(read_at) }))
        : button("notices.own.acknowledge", () => acknowledge(told, again)),
    ),
  );
}

const path = ({ incident, version }) => `notices/${incident}/${version}`;

const acknowledge = async (told, again) =>
  (await attempt(() => tell(`${path(told)}/acknowledge`))) && again();

// The file opens on the insurer's own machine: `ecluse insurer open`, with its own keys.
async function fetchFile(told, again) {
  let found = null;
  await attempt(async () => {
    found = await read(path(told));
  });
  if (!found) return;
  const bytes = Uint8Array.from(atob(found.file), (letter) => letter.charCodeAt(0));
  const address = URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }));
  const name = `notice-${found.incident}-${found.version}.age`;
  el("a", { href: address, download: name }).click();
  URL.revokeObjectURL(address);
  again();
}
