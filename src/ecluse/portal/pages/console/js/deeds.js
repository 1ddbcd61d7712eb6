// What one person does alone, at once: lock an account, sign its computers out.

import { el } from "../../js/dom.js";
import { word } from "../../js/words.js";
import { attempt, tell } from "./attempt.js";
import { confirmed, field } from "./confirm.js";

const REASONS = ["suspicion", "lost", "left", "request"];

export async function lockAccount(account, who, again) {
  const options = REASONS.map((reason) => el("option", { value: reason }, word(`lock_reason.${reason}`)));
  const values = await confirmed({
    title: word("deed.lock"),
    says: [
      el("p", {}, el("strong", {}, who)),
      el("p", {}, word("deed.lock.says")),
      field("lock-reason", "deed.lock.reason", el("select", { id: "lock-reason", name: "reason" }, ...options)),
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
