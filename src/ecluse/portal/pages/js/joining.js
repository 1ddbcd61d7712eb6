// What a new passkey says of itself: whose organisation, which name.

import { byId } from "./dom.js";
import { hint } from "./hints.js";

export function startJoining() {
  hint("enrol-finess", "enrol.finess.hint");
  hint("enrol-label", "enrol.label.hint");
}

// {finess, label}, or null after telling what is wrong.
export function counterClaims() {
  const finess = finessIn("enrol-finess");
  if (!finess) return wrong("enrol-finess", "enrol.finess.wrong");
  const label = byId("enrol-label").value.trim();
  if (!label) return wrong("enrol-label", "enrol.label.wrong");
  return { finess, label };
}

// The FINESS number in a field; empty when it holds none.
export function finessIn(field) {
  const finess = byId(field).value.toUpperCase().replace(/\s/g, "");
  return /^\d[0-9AB]\d{7}$/.test(finess) ? finess : "";
}

export function wrong(field, key) {
  hint(field, key, { state: "wrong" });
  byId(field).focus();
  return null;
}
