// What an officer does from a button: alone and at once, or by proposing what takes two.

import { el } from "../../js/dom.js";
import { word } from "../../js/words.js";
import { propose } from "./agree.js";
import { attempt, tell } from "./attempt.js";
import { confirmed, field } from "./confirm.js";

const REASONS = ["suspicion", "lost", "left", "request"];

export async function lockAccount(account, who, again) {
  const options = REASONS.map((reason) =>
    el("option", { value: reason }, word(`lock_reason.${reason}`)),
  );
  const reason = el("select", { id: "lock-reason", name: "reason" }, ...options);
  const values = await confirmed({
    title: word("deed.lock"),
    says: [
      el("p", {}, el("strong", {}, who)),
      el("p", {}, word("deed.lock.says")),
      field("lock-reason", "deed.lock.reason", reason),
    ],
    go: word("deed.lock.go"),
  });
  if (values && (await attempt(() => tell(`accounts/${account}/lock`, values)))) again();
}

export async function signOutAccount(account, who, again) {
  const sure = await confirmed({
    title: word("deed.sign_out"),
    says: [el("p", {}, el("strong", {}, who)), el("p", {}, word("deed.sign_out.says"))],
    go: word("deed.sign_out.go"),
  });
  if (sure && (await attempt(() => tell(`accounts/${account}/sign-out`)))) again();
}

// `key`: the word on the button; `content`: the act's; `who`: whom it is about.
export async function proposeAct(key, content, who, again) {
  const sure = await confirmed({
    title: word(key),
    says: [
      el("p", {}, el("strong", {}, who)),
      el("p", {}, word("act.second_needed")),
      el("p", { class: "note" }, word("act.touch")),
    ],
    go: word("act.propose"),
  });
  if (sure && (await attempt(() => propose(content)))) again();
}
