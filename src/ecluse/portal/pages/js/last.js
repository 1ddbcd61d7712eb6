// The last check, so that a reload finds its answer again: its number and what it was for, never whom
// it was about. It lives as long as this tab, and for as long as the gate gives the answer again.

const KEPT = "ecluse.check";

// The gate gives the same answer to the same check_id for 60 s.
export const SAME_ANSWER_MS = 50_000;

export function keepCheck(check_id, { lane, care_date, family }) {
  sessionStorage.setItem(KEPT, JSON.stringify({ check_id, lane, care_date, family, at: Date.now() }));
}

export const forgetCheck = () => sessionStorage.removeItem(KEPT);

// {check_id, lane, care_date, family, at: ms}, or null when no answer can be had any more.
export function keptCheck() {
  const kept = JSON.parse(sessionStorage.getItem(KEPT));
  return kept && Date.now() < kept.at + SAME_ANSWER_MS ? kept : null;
}
