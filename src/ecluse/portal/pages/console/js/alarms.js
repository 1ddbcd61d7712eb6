// An alarm on the page: whose, why, what was done, what it rests on, and what an officer can do now.

import { el, icon } from "../../js/dom.js";
import { word } from "../../js/words.js";
import { read, report } from "./attempt.js";
import { button } from "./button.js";
import { lockAccount, proposeAct, signOutAccount } from "./deeds.js";
import { openFromAlarm } from "./incidents.js";
import { done, moment, whoIs, why } from "./sentences.js";
import { tableOf } from "./strip.js";

// Evidence that is open stays open while the page is drawn anew: {alarm number: rows}.
const opened = new Map();

// Alarms about the same account, organisation or everybody are one case; the latest first.
export function cases(alarms, page) {
  const byWhom = new Map();
  for (const alarm of alarms) {
    const whose = alarm.account || alarm.organisation;
    byWhom.set(whose, [...(byWhom.get(whose) ?? []), alarm]);
  }
  return [...byWhom.values()].map((group) => caseItem(group, page));
}

// `page`: {names, now, acts, again(), redraw()}.
function caseItem(alarms, page) {
  const [{ alarm: number, account, organisation, open }] = alarms;
  const who = whoIs(account || organisation, page.names);
  const can = open ? [...possible(alarms, who, page), ...incident(number, account || organisation, who)] : [];
  return el(
    "article",
    { class: open ? "case open" : "case", id: `case-${number}` },
    el("h3", {}, icon(open ? "warning" : "covered"), who),
    ...alarms.flatMap((alarm) => alarmItem(alarm, page)),
    can.length ? el("p", { class: "acts" }, ...can) : "",
  );
}

const alarmItem = (alarm, page) => [
  el("p", { class: "why" }, why(alarm)),
  el("p", { class: "done" }, done(alarm), " ", evidenceButton(alarm, page)),
  ...(opened.has(alarm.alarm) ? [evidence(opened.get(alarm.alarm))] : []),
];

function evidenceButton({ alarm }, page) {
  const shown = opened.has(alarm);
  const toggle = async () => {
    if (shown) opened.delete(alarm);
    else await read(`alarms/${alarm}`).then((rests) => opened.set(alarm, rests), report);
    page.redraw();
  };
  const shows = button("evidence.show", toggle, "second small");
  shows.ariaExpanded = String(shown);
  return shows;
}

function evidence({ evidence: rows, names }) {
  const columns = ["time", "lane", "outcome", "list", "account", "entry"];
  const told = rows.map((row) => [
    moment(row.at),
    word(`lane.${row.lane}`),
    row.released ? word("outcome.released") : word(`reason.${row.reason}`),
    scores(row.structure),
    whoIs(row.account, names),
    String(row.position),
  ]);
  return el(
    "div",
    { class: "evidence" },
    tableOf(columns.map((name) => word(`evidence.${name}`)), told),
    el("p", { class: "note" }, word("evidence.note")),
  );
}

const scores = ([order, walk, distance]) =>
  order + walk + distance ? word("evidence.scores", { order, walk, distance }) : "–";

// What takes one person is done at once; what takes two is proposed.
function possible(alarms, who, page) {
  const [{ account }] = alarms;
  if (!account) return alarms.some(({ measure }) => measure === "brake") ? [endBrake(who, page)] : [];
  const unlock = { kind: "unlock_account", account };
  const { locked, reduced_until: reduced } = page.names[account] ?? {};
  if (locked) return [proposal("act.do.unlock", unlock, who, page)];
  const lift = Date.parse(reduced) > Date.now() ? [proposal("act.do.lift", unlock, who, page)] : [];
  return [
    button("deed.lock", () => lockAccount(account, who, page.again)),
    button("deed.sign_out", () => signOutAccount(account, who, page.again)),
    ...lift,
  ];
}

// What follows an alarm about somebody: whom it concerns, and who has to be told.
const incident = (alarm, whose, who) =>
  whose ? [button("act.do.incident", () => openFromAlarm(alarm, who))] : [];

const endBrake = (who, page) =>
  proposal("act.do.brake_end", { kind: "brake_end", until: page.now.braked_until }, who, page);

// One proposal of the same thing is enough: the other officer finds it above the alarms.
function proposal(key, content, who, page) {
  const { kind, account } = content;
  const waits = page.acts.some((act) => act.content.kind === kind && act.content.account === account);
  if (waits) return el("span", { class: "note" }, word("act.waits"));
  return button(key, () => proposeAct(key, content, who, page.again));
}
