// Which sections each role has: the same as its rights, which the console checks at every request.

import { byId } from "../../js/dom.js";
import { signedInDevice } from "../../js/session.js";

// The first one is where the role begins.
const OF_ROLE = {
  security: ["now", "incidents", "acts", "enrolments", "accounts"],
  protection: ["incidents", "acts", "ledger"],
  holder: ["accounts", "enrolments"],
  insurer: ["notices", "feeds"],
};

export const mayEnter = ({ role }) => role in OF_ROLE;

export const myRole = () => signedInDevice().role;

// The number of the account that is signed in: what stands before the dot of its key's name.
export const myAccount = () => signedInDevice().keyid.split(".")[0];

// Where one begins; the links are those of whoever signed in last.
export function home() {
  drawPlaces();
  return OF_ROLE[signedInDevice()?.role]?.[0] ?? "signin";
}

export function drawPlaces() {
  const mine = OF_ROLE[signedInDevice()?.role] ?? [];
  for (const link of byId("places").querySelectorAll("a")) {
    link.hidden = !mine.includes(link.hash.slice(1));
  }
  byId("sign-out").hidden = !mine.length;
}
