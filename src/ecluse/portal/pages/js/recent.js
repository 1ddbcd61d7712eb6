// What this counter asked today: verdicts and references, nobody's identity, in memory alone.
// Reloading, signing out or a day's end forgets it.

const KEPT_MS = 24 * 60 * 60 * 1000;

// Newest first: {at: Date, lane, family, outcome, insurer, reference}
let checks = [];

export function note(answer, { lane, family }, at) {
  const { outcome, insurer, reference } = answer;
  checks.unshift({ at, lane, family, outcome, insurer: insurer?.name, reference });
}

export function recentChecks() {
  checks = checks.filter(({ at }) => Date.now() - at < KEPT_MS);
  return checks;
}

export const forgetChecks = () => (checks = []);
