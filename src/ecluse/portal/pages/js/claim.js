// From a price to its payment: a quote that is guaranteed, a claim that is sent. A claim that does not
// get through waits on this computer, under its own id, and goes out once the operator answers.

import { hideBanner, showBanner } from "./banner.js";
import { base64url, random } from "./bytes.js";
import { el } from "./dom.js";
import { asDevice, signedInDevice } from "./session.js";
import { longDate, word } from "./words.js";

const WAITING = "ecluse.unsent";

const waiting = () => JSON.parse(localStorage.getItem(WAITING) ?? "[]");

const keepWaiting = (claims) =>
  claims.length ? localStorage.setItem(WAITING, JSON.stringify(claims)) : localStorage.removeItem(WAITING);

// `care`: what was priced, as it is claimed; `reference`: the check's.
export function settleForm(care, reference) {
  const status = el("p", { class: "settled", role: "status" });
  const claim = { claim: base64url(random(16)), reference, quote: null, ...care };
  const quote = el("button", { type: "button", class: "second", onclick: () => ask() }, word("claim.quote"));
  const send = el("button", { type: "button", class: "main", onclick: () => go() }, word("claim.send"));
  return el("div", { class: "settle" }, el("p", { class: "acts" }, send, quote), status);

  async function ask() {
    const asked = { quote: base64url(random(16)), reference, ...care };
    await attempt(async () => {
      const given = await asDevice("POST", "/v1/quotes", asked);
      if (given.outcome === "refused") return say("refused", given);
      claim.quote = asked.quote;
      quote.hidden = true;
      say("quoted", { date: longDate(given.guaranteed_until) });
    });
  }

  async function go() {
    await attempt(
      async () => {
        const [told] = (await asDevice("POST", "/v1/claims", { claims: [claim] })).claims;
        if (told.outcome === "accepted") send.disabled = quote.hidden = true;
        say(told.outcome, told);
      },
      () => {
        keepWaiting([...waiting().filter((each) => each.claim !== claim.claim), claim]);
        send.disabled = quote.hidden = true;
        say("waits");
      },
    );
  }

  async function attempt(act, lost = null) {
    try {
      await act();
    } catch (failure) {
      if (failure.lost && lost) return lost();
      status.className = "settled wrong";
      status.textContent = word(failure.lost ? "claim.down" : "banner.unexpected");
    }
  }

  function say(outcome, { reason, ...values } = {}) {
    const why = reason ? word(`claim.reason.${reason}`) : "";
    status.className = `settled ${outcome}`;
    status.textContent = word(`claim.${outcome}`, { reason: why, ...values });
  }
}

// Send what waits, now and whenever the network comes back.
export function startClaims() {
  addEventListener("online", sendWaiting);
  setInterval(sendWaiting, 60_000);
  return sendWaiting();
}

async function sendWaiting() {
  const claims = waiting();
  if (!claims.length || !navigator.onLine || !signedInDevice()) return;
  try {
    const told = (await asDevice("POST", "/v1/claims", { claims: claims.slice(0, 100) })).claims;
    const done = new Set(told.map(({ claim }) => claim));
    keepWaiting(waiting().filter(({ claim }) => !done.has(claim)));
    const accepted = told.filter(({ outcome }) => outcome === "accepted").length;
    showBanner("claims", { values: { accepted, all: told.length } });
    setTimeout(() => hideBanner("claims"), 10_000);
  } catch (failure) {
    if (!failure.lost) showBanner("claims_waiting", { values: { count: claims.length } });
  }
}
