// Who asks to join: the fingerprint, compared aloud, decides.

import { el } from "../../js/dom.js";
import { instant, word } from "../../js/words.js";
import { propose } from "./agree.js";
import { attempt, tell } from "./attempt.js";
import { button } from "./button.js";
import { confirmed, field } from "./confirm.js";
import { myRole } from "./places.js";
import { section } from "./section.js";

// Roles of an organisation: one person accepts them; the others take two officers.
const OF_AN_ORGANISATION = new Set(["professional", "client", "holder"]);
const READ_ALOUD = 4;

export const enrolmentsView = section("enrolments", () => "enrolments", draw);

const { again } = enrolmentsView;

function draw({ enrolments }) {
  return [
    ...(enrolments.length ? enrolments.map(item) : [el("p", {}, word("enrolments.none"))]),
    el("p", { class: "note" }, word("enrolments.note")),
  ];
}

function item(asked) {
  const { fingerprint, label, role, finess, amc, asked_at: at } = asked;
  const of = finess ? word("account.finess", { finess }) : amc ? word("enrolments.amc", { amc }) : "";
  const told = [word(`role.${role}`), of, word("enrolments.at", { time: instant(at) })];
  // A holder answers for counters and practice software; another holder is the officers' to accept.
  const mayAccept = myRole() === "security" || role !== "holder";
  return el(
    "article",
    { class: "case" },
    el("h2", {}, label),
    el("p", {}, told.filter(Boolean).join(" · ")),
    el("p", { class: "fingerprint" }, fingerprint),
    el(
      "p",
      { class: "acts" },
      mayAccept ? button(accepting(role), () => accept(asked)) : "",
      button("enrolments.refuse", () => refuse(asked)),
    ),
  );
}

const accepting = (role) =>
  OF_AN_ORGANISATION.has(role) ? "enrolments.accept" : "enrolments.propose";

// The end of the fingerprint is typed from what is heard, not from what the screen shows.
async function accept({ fingerprint, label, role, amc }) {
  const alone = OF_AN_ORGANISATION.has(role);
  const attributes = { id: "heard", name: "heard", class: "digits", maxlength: READ_ALOUD };
  const control = el("input", { ...attributes, autocapitalize: "characters" });
  const values = await confirmed({
    title: word("enrolments.accept.title", { label }),
    says: [
      el("p", {}, word("enrolments.call")),
      el("p", { class: "fingerprint" }, `${fingerprint.slice(0, -READ_ALOUD)}••••`),
      field("heard", "enrolments.heard", control),
      el("p", { class: "note" }, word(alone ? "enrolments.alone" : "act.second_needed")),
    ],
    go: word(accepting(role)),
    check: ({ heard }) =>
      heard.trim().toUpperCase() === fingerprint.slice(-READ_ALOUD) ? null : "enrolments.other",
  });
  if (!values) return;
  const content = { kind: "officer_accept", fingerprint, role, amc };
  const act = alone ? () => tell(`enrolments/${fingerprint}/accept`) : () => propose(content);
  if (await attempt(act)) await again();
}

async function refuse({ fingerprint, label }) {
  const sure = await confirmed({
    title: word("enrolments.refuse.title", { label }),
    says: [el("p", {}, word("enrolments.refuse.says"))],
    go: word("enrolments.refuse"),
  });
  if (sure && (await attempt(() => tell(`enrolments/${fingerprint}/refuse`)))) await again();
}
