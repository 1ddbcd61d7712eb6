// An insurer's own feeds: which is in force, how many rows of it were taken.

import { el } from "../../js/dom.js";
import { instant, word } from "../../js/words.js";
import { section } from "./section.js";
import { tableOf } from "./strip.js";

export const feedsView = section("feeds", () => "feeds", draw);

function draw({ insurer, feeds }) {
  const columns = ["feed", "state", "rows", "accepted", "rejected", "ended"];
  const head = columns.map((name) => word(`feeds.${name}`));
  const rows = feeds.map(({ feed, state, rows: all, accepted, rejected, ended_at: at }) => [
    String(feed),
    word(`feed.${state}`),
    ...[all, accepted, rejected].map(String),
    at ? instant(at) : "–",
  ]);
  return [
    el("p", { class: "lead" }, `${insurer.name} · `, word("enrolments.amc", insurer)),
    rows.length ? tableOf(head, rows) : el("p", {}, word("feeds.none")),
    el("p", { class: "note" }, word("feeds.note")),
  ];
}
