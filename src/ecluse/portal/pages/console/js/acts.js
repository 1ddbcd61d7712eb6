// Acts that take two persons: those that wait, and what came of others.

import { el } from "../../js/dom.js";
import { instant, word } from "../../js/words.js";
import { canonical, digestOf, second, withdraw } from "./agree.js";
import { attempt } from "./attempt.js";
import { button } from "./button.js";
import { confirmed } from "./confirm.js";
import { myAccount, myRole } from "./places.js";
import { section } from "./section.js";
import { actSentence, whoIs } from "./sentences.js";

// What any officer may second, a data-protection officer too.
const ANY_OFFICER = ["notices_send", "policy_change"];

export const actsView = section("acts", () => "acts", draw);

function draw({ acts, lately, names }, again) {
  return [
    el("h2", {}, word("now.waiting")),
    ...(acts.length ? acts.map((act) => actItem(act, names, again)) : [el("p", {}, word("acts.none"))]),
    el("h2", {}, word("acts.lately")),
    lately.length
      ? el("ul", { class: "lines" }, ...lately.map((act) => ended(act, names)))
      : el("p", {}, word("acts.lately.none")),
    el("p", { class: "note" }, word("acts.note")),
  ];
}

const ended = (act, names) =>
  el(
    "li",
    {},
    el("p", {}, actSentence(act, names)),
    el("p", { class: "note" }, word(`act.${act.state}`, persons(act, names))),
  );

const persons = ({ proposer, seconder, ended_at: at }, names) => ({
  proposer: whoIs(proposer, names),
  seconder: seconder ? whoIs(seconder, names) : "–",
  time: instant(at),
});

// One act that waits, with what this officer can do about it.
export function actItem(act, names, after) {
  const mine = act.proposer === myAccount();
  const may = myRole() === "security" || ANY_OFFICER.includes(act.content.kind);
  const seconds = may && !mine && act.state === "proposed";
  const proposer = whoIs(act.proposer, names);
  const waits = act.state === "proposed" ? (mine ? "act.mine" : "act.proposed") : "act.seconded";
  return el(
    "article",
    { class: "case act" },
    el("h3", {}, actSentence(act, names)),
    el("p", {}, word(waits, { proposer, until: instant(act.expires_at) })),
    el(
      "p",
      { class: "acts" },
      seconds ? button("act.second", () => agree(act, names, after), "main") : "",
      button("act.withdraw", () => stop(act, names, after)),
    ),
  );
}

// What will be signed is shown whole: the text, and the digest that this page computed from it.
async function agree(act, names, after) {
  const sure = await confirmed({
    title: actSentence(act, names),
    says: [
      el("p", {}, word("act.agree", { proposer: whoIs(act.proposer, names) })),
      el("pre", { class: "signed" }, `${canonical(act.content)}\nSHA-256 ${await digestOf(act.content)}`),
      el("p", { class: "note" }, word("act.touch")),
    ],
    go: word("act.second"),
  });
  if (sure && (await attempt(() => second(act)))) after();
}

async function stop(act, names, after) {
  const says = [el("p", {}, word("act.withdraw.says"))];
  const sure = await confirmed({ title: actSentence(act, names), says, go: word("act.withdraw") });
  if (sure && (await attempt(() => withdraw(act)))) after();
}
