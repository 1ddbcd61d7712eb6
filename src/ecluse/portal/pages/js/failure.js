// What can go wrong between this page and the gate, as one word each; banner.js has the sentences.

// A signature is good within 30 s of the gate's clock; closer than that is no clock trouble.
const SKEW_SECONDS = 25;

const BY_CODE = {
  busy: "busy",
  device_expired: "expired",
  gesture: "gesture",
  fault: "unavailable",
  invalid_subject: "invalid",
  late_presentation: "late_phone",
  malformed: "invalid",
  no_answer: "forgotten",
  role: "elsewhere",
  unavailable: "unavailable",
};
const BY_STATUS = { 401: "signature", 429: "busy", 502: "unavailable", 504: "unavailable" };

export class Failure extends Error {
  constructor(kind, values = {}) {
    super(kind);
    this.kind = kind;
    this.values = values;
  }

  // Worth asking again, unchanged: the answer was lost, not given.
  get passing() {
    return ["unreachable", "unavailable", "busy"].includes(this.kind);
  }

  // The gate may have answered all the same.
  get lost() {
    return this.passing || this.kind === "offline";
  }

  // The device has to present its passkey again.
  get signedOut() {
    return ["expired", "signature"].includes(this.kind);
  }
}

// A request that got no answer at all.
export const unanswered = () => new Failure(navigator.onLine ? "unreachable" : "offline");

// An answer with an error status: {error, message} and the headers.
export async function refusedRequest(response) {
  const { error, message } = await response.json().catch(() => ({}));
  const skew = (Date.now() - Date.parse(response.headers.get("date"))) / 1000;
  if (error === "signature" && Math.abs(skew) > SKEW_SECONDS) {
    return new Failure("clock", { minutes: Math.max(1, Math.round(Math.abs(skew) / 60)) });
  }
  return new Failure(BY_CODE[error] ?? BY_STATUS[response.status] ?? "unexpected", { error, message });
}
