// The accounts of one organisation: a holder's own, or the one whose FINESS number an officer types.

import { byId, el, icon } from "../../js/dom.js";
import { hint } from "../../js/hints.js";
import { finessIn, wrong } from "../../js/joining.js";
import { instant, word } from "../../js/words.js";
import { propose } from "./agree.js";
import { attempt } from "./attempt.js";
import { confirmed } from "./confirm.js";
import { lockAccount, signOutAccount } from "./deeds.js";
import { myAccount, myRole } from "./places.js";
import { section } from "./section.js";

let finess = "";

export function startAccounts() {
  hint("accounts-finess", "accounts.finess.hint");
  byId("accounts-of").addEventListener("submit", (event) => {
    event.preventDefault();
    finess = finessIn("accounts-finess");
    if (byId("accounts-finess").value.trim() && !finess) return wrong("accounts-finess", "enrol.finess.wrong");
    hint("accounts-finess", "accounts.finess.hint");
    return again();
  });
}

const all = section("accounts", () => (finess ? `accounts?finess=${finess}` : "accounts"), draw);

const { again } = all;

export const accountsView = {
  ...all,
  open() {
    byId("accounts-of").hidden = myRole() !== "security";
    return all.open();
  },
};

function draw({ accounts }) {
  return accounts.length ? accounts.map(item) : [el("p", {}, word("accounts.none"))];
}

function item({ account, label, role, locked, devices, added_at: since }) {
  const told = [word(`role.${role}`), word("accounts.devices", { count: devices }), word("accounts.since", { time: instant(since) })];
  return el(
    "article",
    { class: locked ? "case open" : "case" },
    el("h2", {}, label),
    el("p", {}, told.join(" · ")),
    locked ? el("p", { class: "done" }, icon("stopped"), word("accounts.locked", { reason: word(`lock_reason.${locked}`) })) : "",
    el("p", { class: "acts" }, ...possible(account, label, role, locked)),
  );
}

function possible(account, label, role, locked) {
  const button = (key, onclick) => el("button", { type: "button", class: "second", onclick }, word(key));
  if (locked) return myRole() === "security" ? [button("act.do.unlock", () => unlock(account, label))] : [];
  // A holder answers for those that check, and not for itself.
  if (account === myAccount() || (myRole() === "holder" && role === "holder")) return [];
  return [
    button("deed.lock", () => lockAccount(account, label, again)),
    button("deed.sign_out", () => signOutAccount(account, label, again)),
  ];
}

async function unlock(account, label) {
  const sure = await confirmed({
    title: word("act.do.unlock"),
    says: [el("p", {}, el("strong", {}, label)), el("p", {}, word("act.second_needed")), el("p", { class: "note" }, word("act.touch"))],
    go: word("act.propose"),
  });
  if (sure && (await attempt(() => propose({ kind: "unlock_account", account })))) await again();
}
