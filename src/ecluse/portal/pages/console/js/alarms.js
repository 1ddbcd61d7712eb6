// An alarm on the page: whose, why, what was done, what it rests on, and what an officer can do now.

import { el, icon } from "../../js/dom.js";
import { word } from "../../js/words.js";
import { propose } from "./agree.js";
import { attempt, read, report } from "./attempt.js";
import { confirmed } from "./confirm.js";
import { lockAccount, signOutAccount } from "./deeds.js";
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
  const can = open ? possible(alarms, who, page) : [];
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
  const attributes = { type: "button", class: "second small", "aria-expanded": String(shown), onclick: toggle };
  return el("button", attributes, word("evidence.show"));
}

function evidence({ evidence: rows, names }) {
  const head = ["time", "lane", "outcome", "list", "account", "entry"].map((name) => word(`evidence.${name}`));
  const told = rows.map((row) => [
    moment(row.at),
    word(`lane.${row.lane}`),
    row.released ? word("outcome.released") : word(`reason.${row.reason}`),
    row.structure.some((score) => score) ? word("evidence.scores", scores(row.structure)) : "–",
    whoIs(row.account, names),
    String(row.position),
  ]);
  return el("div", { class: "evidence" }, tableOf(head, told), el("p", { class: "note" }, word("evidence.note")));
}

const scores = ([order, walk, distance]) => ({ order, walk, distance });

// What takes one person is done at once; what takes two is proposed.
function possible(alarms, who, page) {
  const [{ account }] = alarms;
  if (!account) return alarms.some(({ measure }) => measure === "brake") ? [endBrake(page)] : [];
  const unlock = { kind: "unlock_account", account };
  const { locked, reduced_until: reduced } = page.names[account] ?? {};
  if (locked) return [proposal("act.do.unlock", unlock, page)];
  const lift = Date.parse(reduced) > Date.now() ? [proposal("act.do.lift", unlock, page)] : [];
  return [
    button("deed.lock", () => lockAccount(account, who, page.again)),
    button("deed.sign_out", () => signOutAccount(account, who, page.again)),
    ...lift,
  ];
}

const endBrake = (page) =>
  proposal("act.do.brake_end", { kind: "brake_end", until: page.now.braked_until }, page);

const button = (key, onclick) => el("button", { type: "button", class: "second", onclick }, word(key));

// One proposal of the same thing is enough: the other officer finds it above the alarms.
function proposal(key, content, page) {
  const waits = page.acts.some(
    (act) => act.content.kind === content.kind && act.content.account === content.account,
  );
  if (waits) return el("span", { class: "note" }, word("act.waits"));
  const act = async () => {
    const sure = await confirmed({
      title: word(key),
      says: [el("p", {}, word("act.second_needed")), el("p", { class: "note" }, word("act.touch"))],
      go: word("act.propose"),
    });
    if (sure && (await attempt(() => propose(content)))) page.again();
  };
  return button(key, act);
}
