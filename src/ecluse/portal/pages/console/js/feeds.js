// An insurer's own feeds: which is in force, how many rows of it were taken.

import { byId, el } from "../../js/dom.js";
import { instant, word } from "../../js/words.js";
import { attempt, read } from "./attempt.js";
import { tableOf } from "./strip.js";

let told = null;

export const feedsView = {
  async open() {
    told = null;
    byId("feeds-title").focus();
    byId("feeds-body").replaceChildren(word("desk.loading"));
    await attempt(async () => {
      told = await read("feeds");
      draw();
    });
  },
};

function draw() {
  const { insurer, feeds } = told;
  const head = ["feed", "state", "rows", "accepted", "rejected", "ended"].map((name) => word(`feeds.${name}`));
  const rows = feeds.map(({ feed, state, rows: all, accepted, rejected, ended_at: at }) => [
    String(feed),
    word(`feed.${state}`),
    ...[all, accepted, rejected].map(String),
    at ? instant(at) : "–",
  ]);
  byId("feeds-body").replaceChildren(
    el("p", { class: "lead" }, `${insurer.name} · `, word("enrolments.amc", insurer)),
    rows.length ? tableOf(head, rows) : el("p", {}, word("feeds.none")),
    el("p", { class: "note" }, word("feeds.note")),
  );
}

document.addEventListener("words", () => told && draw());
