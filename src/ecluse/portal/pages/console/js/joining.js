// What an officer's new passkey says of itself: which role, at which organisation or insurer.

import { byId } from "../../js/dom.js";
import { hint } from "../../js/hints.js";
import { finessIn, wrong } from "../../js/joining.js";

// The field that belongs to a role alone.
const OF_ROLE = { holder: "of-holder", insurer: "of-insurer" };
const AMC = /^[0-9A-Z]{8,10}$/;

const role = () => byId("enrol-form").elements.role.value;

export function startJoining() {
  hint("enrol-finess", "enrol.finess.hint");
  hint("enrol-amc", "enrol.amc.hint");
  hint("enrol-label", "enrol.label.hint");
  byId("enrol-form").addEventListener("change", () => {
    for (const [one, field] of Object.entries(OF_ROLE)) byId(field).hidden = one !== role();
  });
}

// {role, label, finess, amc}, or null after telling what is wrong.
export function officerClaims() {
  const finess = role() === "holder" ? finessIn("enrol-finess") : null;
  if (finess === "") return wrong("enrol-finess", "enrol.finess.wrong");
  const amc = role() === "insurer" ? byId("enrol-amc").value.trim().toUpperCase() : null;
  if (amc !== null && !AMC.test(amc)) return wrong("enrol-amc", "enrol.amc.wrong");
  const label = byId("enrol-label").value.trim();
  if (!label) return wrong("enrol-label", "enrol.label.wrong");
  return { role: role(), label, finess, amc };
}
