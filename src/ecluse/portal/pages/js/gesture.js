// The passkey gesture that goes with each check without a card: its challenge commits to the
// question, so that it cannot be spent on another person.

import { sha256, utf8 } from "./bytes.js";
import { present } from "./passkey.js";

export async function gestureFor({ check_id, subject, care_date, family }, keyid) {
  const created = Math.floor(Date.now() / 1000);
  const { nir, birth_date, birth_rank, amc } = subject;
  const committed = [
    check_id,
    nir.slice(0, 13),
    birth_date,
    birth_rank,
    amc ?? "",
    care_date,
    family,
    created,
    keyid,
  ].join("\n");
  const challenge = await sha256(utf8(`ecluse/typed/v1\n${committed}`));
  return { created, assertion: await present(challenge) };
}
