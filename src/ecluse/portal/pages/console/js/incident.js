// One incident: whom it concerns, the clocks, what was done, the notices, and what can be done now.

import { byId, el, icon } from "../../js/dom.js";
import { currentView } from "../../js/router.js";
import { currentLanguage, instant, word } from "../../js/words.js";
import { attempt, read, tell } from "./attempt.js";
import { barTable, timeBars } from "./bars.js";
import { button } from "./button.js";
import { countdown, elapsed } from "./clock.js";
import { confirmed } from "./confirm.js";
import { proposeAct } from "./deeds.js";
import { whoIs } from "./sentences.js";
import { tableOf } from "./strip.js";

const AGAIN_MS = 1500;

let number = 0;
let told = null;
let timer = null;

export const incidentView = {
  open(argument) {
    number = Number(argument);
    told = null;
    byId("incident-title").focus();
    fill(word("desk.loading"));
    return again();
  },
  close() {
    clearTimeout(timer);
    told = null;
    fill();
  },
};

document.addEventListener("words", () => told && draw());

const fill = (...parts) => byId("incident-body").replaceChildren(...parts);

const said = (sentence) => sentence[currentLanguage()];

const again = () => attempt(async () => show(await read(`incidents/${number}`)));

const deed = (step, body) => attempt(async () => show(await tell(`incidents/${number}/${step}`, body)));

// What is under way at the breach part is looked at again until it is done.
function show(found) {
  if (currentView() !== "incident" || found.incident.incident !== number) return;
  told = found;
  draw();
  clearTimeout(timer);
  if (found.work.some((each) => !each.ended_at)) timer = setTimeout(again, AGAIN_MS);
}

function draw() {
  const { incident, picture } = told;
  byId("incident-title").textContent = word("incident.number", { incident: incident.incident });
  fill(
    ...verdict(),
    ...working(),
    ...clocks(),
    ...(picture ? scope(picture) : []),
    ...(picture ? story(picture) : []),
    ...notices(),
    ...deeds(),
  );
}

function verdict() {
  const { incident, picture, cause } = told;
  const { closed_at: closed } = incident;
  const calm = closed || (picture && !picture.records);
  const tone = calm ? "covered" : "warning";
  const persons = picture ? picture.sure + picture.possible : 0;
  const title = picture ? word(persons === 1 ? "incident.person" : "incident.persons", { persons }) : said(cause);
  return [
    el(
      "div",
      { class: `now-verdict ${tone}`, role: "status" },
      icon(tone),
      el(
        "div",
        {},
        el("p", { class: "answer-word" }, title),
        picture ? el("p", {}, word("incident.certain", picture)) : "",
        el("p", {}, said(cause)),
        el(
          "p",
          {},
          closed ? word("incident.closed", { time: instant(closed) }) : word("incident.since_discovery"),
          " ",
          closed ? "" : elapsed(incident.discovered_at),
        ),
      ),
    ),
  ];
}

function working() {
  return told.work.flatMap(({ kind, ended_at: ended, problem }) => {
    if (!ended) return [el("p", { class: "note", role: "status" }, word(`work.${kind}`))];
    return problem ? [el("p", { class: "hint wrong", role: "alert" }, `${word(`work.${kind}.failed`)} ${problem}`)] : [];
  });
}

function scope(picture) {
  const { insurers, fields, accounts, bars, step } = picture;
  if (!picture.records) {
    const numbers = { withheld: picture.withheld, cleared: picture.cleared };
    return [el("p", { class: "lead" }, word("scope.nobody")), el("p", { class: "note" }, word("scope.left_out", numbers))];
  }
  return [
    el("h2", {}, word("scope.when")),
    ...timeBars(bars, step),
    el("h2", {}, word("scope.insurers")),
    barTable(
      [word("scope.insurer"), word("scope.persons")],
      insurers.map(({ amc, name, ...counts }) => ({ label: `${name} · ${amc}`, ...counts })),
      word("scope.insurers"),
    ),
    el("h2", {}, word("scope.fields")),
    barTable(
      [word("scope.field"), word("scope.persons")],
      fields.map((each) => ({ label: said(each.said), sure: each.persons })),
    ),
    el("h2", {}, word("scope.accounts")),
    ...accounts.map(account),
    el("p", { class: "note" }, word("scope.left_out", picture)),
    el("p", { class: "note" }, word("scope.proof", picture)),
  ];
}

function account({ account: name, persons, records }) {
  const who = whoIs(name, told.names);
  const clear = () => takeOut(name, who);
  return el(
    "p",
    { class: "done" },
    el("strong", {}, who),
    word("scope.account", { persons, records }),
    told.incident.closed_at ? "" : button("scope.clear", clear, "second small"),
  );
}

async function takeOut(name, who) {
  const sure = await confirmed({
    title: word("scope.clear"),
    says: [el("p", {}, el("strong", {}, who)), el("p", {}, word("scope.clear.says"))],
    go: word("scope.clear"),
  });
  if (sure) await deed("clear", { account: name });
}

// The operator's own duty runs from the discovery on; each insurer's from its own notice.
function clocks() {
  const { incident, notices: all, duties } = told;
  const latest = all.filter(({ version }) => version === all[0].version);
  const row = ({ name, sent_at: sent, clocks: running }) => [
    name,
    sent ? instant(sent) : word("clocks.unsent"),
    ...["tell_authority", "dora_initial"].map((duty) => due(running, duty)),
  ];
  const sent = latest.length && latest.every((each) => each.sent_at);
  return [
    el("h2", {}, word("clocks.title")),
    el(
      "p",
      { class: "done" },
      icon(sent ? "covered" : "warning"),
      said(duties.tell_controllers),
      sent ? el("span", { class: "clock calm" }, word("clocks.told")) : elapsed(incident.discovered_at),
    ),
    ...(latest.length
      ? [
          tableOf(
            [word("scope.insurer"), word("clocks.sent"), word("clocks.authority"), word("clocks.dora")],
            latest.map(row),
            word("clocks.title"),
          ),
          el("p", { class: "note" }, said(duties.tell_authority)),
          el("p", { class: "note" }, said(duties.dora_initial)),
        ]
      : []),
  ];
}

const due = (running, duty) => {
  const clock = running.find((each) => each.duty === duty);
  return clock?.since ? countdown(clock.due) : word("clocks.not_yet");
};

function story({ severity, moments }) {
  return [
    ...(severity ? weighed(severity) : []),
    el("h2", {}, word("story.title")),
    el(
      "ol",
      { class: "lines" },
      ...moments.map(({ at, position, said: sentence, account: name }) =>
        el(
          "li",
          {},
          el("p", {}, `${instant(at)} · ${said(sentence)}`, name ? ` · ${whoIs(name, told.names)}` : ""),
          el("p", { class: "note" }, word("story.entry", { position })),
        ),
      ),
    ),
  ];
}

function weighed({ score, level, context, identification, circumstances, many_persons: many }) {
  const figure = (value) => value.toLocaleString(currentLanguage());
  const part = (key, { value, said: reason }) => [word(key), figure(value), said(reason)];
  return [
    el("h2", {}, word("severity.title", { score: figure(score), level: said(level) })),
    tableOf(
      [word("severity.factor"), word("severity.value"), word("severity.reason")],
      [
        part("severity.context", context),
        part("severity.identification", identification),
        ...circumstances.map((each) => part("severity.circumstance", each)),
      ],
    ),
    el("p", { class: "note" }, word("severity.note"), many ? ` ${word("severity.many")}` : ""),
  ];
}

function notices() {
  const { rounds, notices: all } = told;
  return [
    el("h2", {}, word("notices.title")),
    ...(rounds.length ? rounds.map((each) => round(each, all)) : [el("p", {}, word("notices.none"))]),
  ];
}

function round({ round: built, sent_at: sent }, all) {
  const { incident, version, digest } = built;
  const mine = all.filter((each) => each.version === version);
  const send = { kind: "notices_send", incident, version, digest };
  const acknowledged = mine.filter((each) => each.acknowledged_at).length;
  return el(
    "article",
    { class: sent ? "case" : "case act" },
    el("h3", {}, word("notices.version", { version, time: instant(built.built) })),
    el("p", {}, word("notices.counts", { ...built, insurers: mine.length })),
    el("p", {}, sent ? word("notices.out", { time: instant(sent), acknowledged, all: mine.length }) : word("notices.waits")),
    el(
      "details",
      { class: "as-table" },
      el("summary", {}, word("notices.each")),
      tableOf(
        [word("scope.insurer"), word("notices.fetched"), word("notices.acknowledged"), word("notices.documents")],
        mine.map(({ amc, name, fetched_at: fetched, acknowledged_at: read_at }) => [
          `${name} · ${amc}`,
          fetched ? instant(fetched) : "–",
          read_at ? instant(read_at) : "–",
          button("notices.preview", () => preview(version, amc, name), "second small"),
        ]),
        word("notices.version", { version, time: instant(built.built) }),
      ),
    ),
    el("p", { class: "note" }, `SHA-256 ${digest}`),
    sent || told.incident.closed_at
      ? ""
      : el(
          "p",
          { class: "acts" },
          button("notices.send", () => proposeAct("notices.send", send, word("notices.version", { version, time: instant(built.built) }), again), "main"),
        ),
  );
}

// Both languages side by side: what the two persons who approve have read.
async function preview(version, amc, name) {
  let found = null;
  await attempt(async () => {
    found = await read(`incidents/${number}/documents/${version}/${amc}`);
  });
  if (!found) return;
  const kinds = [...new Set(Object.keys(found.documents).map((each) => each.split("-")[0]))];
  await confirmed({
    title: word("notices.of", { name }),
    says: kinds.map((kind) =>
      el(
        "div",
        { class: "side-by-side" },
        ...["fr", "en"].map((language) => page(found.documents[`${kind}-${language}`])),
      ),
    ),
    go: word("notices.read"),
  });
}

const page = ({ language, title, subtitle, sections }) =>
  el(
    "article",
    { class: "document", lang: language },
    el("h3", {}, title),
    el("p", { class: "note" }, subtitle),
    ...sections.flatMap(({ heading, paragraphs, rows, items }) => [
      el("h4", {}, heading),
      ...paragraphs.map((each) => el("p", {}, each)),
      rows.length
        ? el("dl", {}, ...rows.flatMap(([what, which]) => [el("dt", {}, what), el("dd", {}, which)]))
        : "",
      items.length ? el("ul", {}, ...items.map((each) => el("li", {}, each))) : "",
    ]),
  );

function deeds() {
  if (told.incident.closed_at) return [];
  return [
    el(
      "p",
      { class: "acts" },
      button("work.ask.picture", () => deed("work", { kind: "picture" })),
      button("work.ask.notices", () => deed("work", { kind: "notices" })),
      button("incident.close", close),
    ),
    el("p", { class: "note" }, word("incident.evidence", { incident: number })),
  ];
}

async function close() {
  const says = [el("p", {}, word("incident.close.says"))];
  const title = word("incident.close");
  if (await confirmed({ title, says, go: title })) await deed("close", {});
}
