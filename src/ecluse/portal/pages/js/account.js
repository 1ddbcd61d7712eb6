// My account: what is left without a card, the signed-in computers, the way out.

import { hideBanner, showBanner } from "./banner.js";
import { byId, el, icon } from "./dom.js";
import { go } from "./router.js";
import { asDevice, drop, signOut } from "./session.js";
import { tank } from "./tank.js";
import { instant, word } from "./words.js";

let account = null;

export const accountView = {
  async open() {
    account = null;
    byId("account-title").focus();
    byId("account-body").replaceChildren(word("account.loading"));
    await trying(async () => {
      account = await asDevice("GET", "/v1/me");
      draw();
    });
  },
};

async function trying(act) {
  hideBanner();
  try {
    await act();
  } catch (failure) {
    if (failure.signedOut) {
      await drop();
      go("signin");
    }
    byId("account-body").replaceChildren();
    showBanner(failure.kind ?? "unexpected", { values: failure.values });
  }
}

function draw() {
  const { organisation, label, typed, card, known, locked } = account;
  const empty = !typed.day.left || !typed.hour.left;
  byId("account-body").replaceChildren(
    el("p", { class: "lead" }, `${organisation.name} · ${label} · `, word("account.finess", organisation)),
    locked ? stopped(locked) : "",
    el(
      "section",
      { class: "reserve" },
      el("h2", {}, word("account.typed")),
      el("div", { class: "tanks" }, tank(typed.day, "account.day"), tank(typed.hour, "account.hour")),
      el("p", { class: "note" }, word(empty ? "account.level.none" : "account.typed.note")),
      ...["probation_until", "typed_frozen_until", "reduced_until"].map(until),
    ),
    el(
      "section",
      { class: "others" },
      el("h2", {}, word("account.others")),
      el(
        "ul",
        { class: "lanes" },
        lane("card", word("account.left", card.day)),
        lane("known", word("account.left", known.day)),
      ),
    ),
    together(account.organisation_today),
    devices(),
  );
}

const until = (name) =>
  account[name] ? el("p", { class: "note" }, word(`account.${name}`, { time: instant(account[name]) })) : "";

const stopped = (reason) =>
  el(
    "div",
    { class: "stop" },
    icon("stopped"),
    el(
      "div",
      {},
      el("h2", {}, word("account.locked")),
      el("p", {}, word(reason === "closed" ? "account.closed.what" : "account.locked.what")),
      el("p", { class: "note" }, word("account.locked.reason", { reason })),
    ),
  );

const lane = (name, told) => el("li", {}, el("strong", {}, String(told)), " ", word(`day.lane.${name}`));

// What the whole organisation asked, this counter among others.
const together = (counts) =>
  el(
    "section",
    { class: "together" },
    el("h2", {}, word("account.together")),
    el("ul", { class: "lanes" }, ...Object.entries(counts).map(([name, count]) => lane(name, count))),
  );

function devices() {
  const lines = account.devices.map(({ registered_at: from, expires_at: to, this: here }) =>
    el(
      "li",
      {},
      el("strong", {}, word(here ? "account.devices.this" : "account.devices.other")),
      word("account.devices.line", { from: instant(from), to: instant(to) }),
    ),
  );
  return el(
    "section",
    { class: "devices" },
    el("h2", {}, word("account.devices")),
    el("ul", {}, ...lines),
    el("p", { class: "note" }, word("account.expires")),
    el(
      "p",
      { class: "acts" },
      el("button", { type: "button", class: "second", onclick: () => leave(false) }, word("account.out")),
      el("button", { type: "button", class: "second", onclick: () => leave(true) }, word("account.everywhere")),
    ),
  );
}

const leave = (everywhere) =>
  trying(async () => {
    await signOut(everywhere);
    go("signin");
  });

document.addEventListener("words", () => account && draw());
