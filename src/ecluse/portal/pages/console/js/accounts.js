// The accounts of one organisation: a holder's own, or the one whose FINESS number an officer types.

import { byId, el, icon } from "../../js/dom.js";
import { hint } from "../../js/hints.js";
import { finessIn, wrong } from "../../js/joining.js";
import { instant, word } from "../../js/words.js";
import { button } from "./button.js";
import { lockAccount, proposeAct, signOutAccount } from "./deeds.js";
import { myAccount, myRole } from "./places.js";
import { section } from "./section.js";

let finess = "";

export function startAccounts() {
  hint("accounts-finess", "accounts.finess.hint");
  byId("accounts-of").addEventListener("submit", (event) => {
    event.preventDefault();
    finess = finessIn("accounts-finess");
    if (!finess && byId("accounts-finess").value.trim()) {
      return wrong("accounts-finess", "enrol.finess.wrong");
    }
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
  const told = [
    word(`role.${role}`),
    word("accounts.devices", { count: devices }),
    word("accounts.since", { time: instant(since) }),
  ];
  const reason = locked && word(`lock_reason.${locked}`);
  return el(
    "article",
    { class: locked ? "case open" : "case" },
    el("h2", {}, label),
    el("p", {}, told.join(" · ")),
    locked ? el("p", { class: "done" }, icon("stopped"), word("accounts.locked", { reason })) : "",
    el("p", { class: "acts" }, ...possible(account, label, role, locked)),
  );
}

function possible(account, label, role, locked) {
  if (locked) {
    const unlocks = myRole() === "security";
    const propose = () => proposeAct("act.do.unlock", unlock(account), label, again);
    return unlocks ? [button("act.do.unlock", propose)] : [];
  }
  // A holder answers for those that check, and not for itself.
  if (account === myAccount() || (myRole() === "holder" && role === "holder")) return [];
  return [
    button("deed.lock", () => lockAccount(account, label, again)),
    button("deed.sign_out", () => signOutAccount(account, label, again)),
  ];
}

const unlock = (account) => ({ kind: "unlock_account", account });
