// Alarms and acts as sentences: who, why, what was done, until when.

import { instant, secondTime, word } from "../../js/words.js";

// An account or organisation by name; what is about everybody has no number.
export function whoIs(number, names) {
  const known = names[number];
  if (!number) return word("who.everybody");
  if (!known) return number;
  return [known.name, known.label].filter(Boolean).join(" · ");
}

// Why an alarm was raised, in this language; its numbers come with it.
export function why({ kind, facts, why: told }) {
  const numbers = Object.entries(facts).map(([name, value]) => [name, number(name, value)]);
  // A neighbour's alarm comes with its own sentence.
  return word(`why.${kind}`, { ...Object.fromEntries(numbers), told });
}

function number(name, value) {
  if (name === "usual" && value < 1) return word("why.percent", { percent: Math.round(value * 100) });
  return Number.isInteger(value) ? String(value) : value.toFixed(1);
}

export const done = ({ measure, at, until }) =>
  word(`measure.${measure}`, { time: moment(at), until: until && instant(until) });

// With seconds today; with the date before.
export function moment(at) {
  const when = new Date(at);
  return when.toDateString() === new Date().toDateString() ? secondTime(when) : instant(when);
}

// What an act is to do, with everything that is signed in it.
export function actSentence({ content }, names) {
  const { kind, account, fingerprint, role, amc, sha256, feed, incident, version, until } = content;
  return word(`act.${kind}`, {
    who: account && whoIs(account, names),
    fingerprint,
    role: role && word(`role.${role}`),
    amc,
    sha256,
    feed,
    incident,
    version,
    until: until && instant(until),
  });
}
