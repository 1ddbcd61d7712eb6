// The register of incidents (art. 33(5) of the GDPR), and opening one by hand.

import { el, icon } from "../../js/dom.js";
import { go } from "../../js/router.js";
import { currentLanguage, instant, word } from "../../js/words.js";
import { attempt, read, tell } from "./attempt.js";
import { button } from "./button.js";
import { confirmed, field } from "./confirm.js";
import { section } from "./section.js";

export const incidentsView = section("incidents", () => "incidents", draw);

const line = ({ incident, cause, discovered_at: at, closed_at: closed }, causes) =>
  el(
    "li",
    { class: closed ? "case" : "case open" },
    el(
      "h2",
      {},
      icon(closed ? "covered" : "warning"),
      el("a", { href: `#incident/${incident}` }, word("incident.number", { incident })),
    ),
    el("p", {}, causes[cause][currentLanguage()]),
    el(
      "p",
      { class: "note" },
      word("incident.discovered", { time: instant(at) }),
      " ",
      closed ? word("incident.closed", { time: instant(closed) }) : word("incident.open"),
    ),
  );

function draw({ incidents, causes }) {
  return [
    incidents.length
      ? el("ul", { class: "register" }, ...incidents.map((each) => line(each, causes)))
      : el("p", {}, word("incidents.none")),
    el("p", { class: "acts" }, button("incidents.open", () => openByHand(causes), "main")),
    el("p", { class: "note" }, word("incidents.note")),
  ];
}

const FINESS = /\b\d[\dA-B]\d{7}\b/g;
const ACCOUNT = /^[\w-]{22}$/;

const causeField = (causes) =>
  field(
    "incident-cause",
    "incident.cause",
    el(
      "select",
      { id: "incident-cause", name: "cause" },
      ...Object.keys(causes).map((cause) =>
        el("option", { value: cause, selected: cause === "unknown" }, causes[cause][currentLanguage()]),
      ),
    ),
  );

// Of whoever is named by FINESS or account number, from an hour on.
async function openByHand(causes) {
  const local = new Date(Date.now() - new Date().getTimezoneOffset() * 60_000 - 86_400_000);
  const since = { id: "incident-since", name: "since", type: "datetime-local", required: true };
  const values = await confirmed({
    title: word("incidents.open"),
    says: [
      el("p", {}, word("incident.open.says")),
      field("incident-who", "incident.who", el("input", { id: "incident-who", name: "who" })),
      field(
        "incident-since",
        "incident.since",
        el("input", { ...since, value: local.toISOString().slice(0, 16) }),
      ),
      causeField(causes),
    ],
    go: word("incidents.open.go"),
    check: ({ who, since: from }) => (named(who) && from ? "" : "incident.who.wrong"),
  });
  if (values) await open({ cause: values.cause, since: new Date(values.since), ...named(values.who) });
}

// Accounts and FINESS numbers in what was typed; null when there is anything else, or nothing.
function named(text) {
  const words = text.split(/[\s,;]+/).filter(Boolean);
  const finess = words.filter((each) => each.match(FINESS)?.[0] === each);
  const accounts = words.filter((each) => !finess.includes(each) && ACCOUNT.test(each));
  const all = words.length && finess.length + accounts.length === words.length;
  return all ? { finess, accounts } : null;
}

async function open(body) {
  let opened = null;
  await attempt(async () => {
    opened = await tell("incidents", body);
  });
  if (opened) go("incident", String(opened.incident.incident));
}

// From an alarm on the first screen: its account or organisation, from the day before.
export async function openFromAlarm(alarm, who) {
  const { causes } = await read("incidents");
  const values = await confirmed({
    title: word("incidents.open"),
    says: [el("p", {}, el("strong", {}, who)), el("p", {}, word("incident.open.alarm")), causeField(causes)],
    go: word("incidents.open.go"),
  });
  if (values) await open({ cause: values.cause, alarm });
}
