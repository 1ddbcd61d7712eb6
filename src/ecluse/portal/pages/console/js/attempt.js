// Something that may fail, and what the page says then.

import { hideBanner, showBanner } from "../../js/banner.js";
import { go } from "../../js/router.js";
import { asDevice, drop } from "../../js/session.js";

// What the console says that a counter never hears, by its code.
const BY_CODE = { act: "over", enrolment: "over", role: "not_yours" };

export const read = (path) => asDevice("GET", `/v1/console/${path}`);

export const tell = (path, body = {}) => asDevice("POST", `/v1/console/${path}`, body);

// Do it; resolves to whether it succeeded.
export async function attempt(act) {
  hideBanner();
  try {
    await act();
    return true;
  } catch (failure) {
    await report(failure);
    return false;
  }
}

export async function report(failure) {
  if (failure.signedOut) {
    await drop();
    go("signin");
  }
  const kind = BY_CODE[failure.values?.error] ?? failure.kind ?? "unexpected";
  showBanner(kind, { values: failure.values });
}
