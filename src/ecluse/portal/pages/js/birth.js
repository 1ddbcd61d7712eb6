// A birth date as printed on a card. Some are impossible (31/02, 00/00) and stand all the same.

const OLDEST_YEAR = 1880;

const digitsOf = (text) => text.replace(/\D/g, "").slice(0, 8);

// 12031984 -> 12/03/1984, as far as typed.
export function slashed(text) {
  const digits = digitsOf(text);
  return [digits.slice(0, 2), digits.slice(2, 4), digits.slice(4)].filter(Boolean).join("/");
}

// {state: "incomplete" | "year" | "right", date: "YYYYMMDD"}
export function judged(text) {
  const digits = digitsOf(text);
  if (digits.length < 8) return { state: "incomplete" };
  const year = Number(digits.slice(4));
  if (year < OLDEST_YEAR || year > new Date().getFullYear()) return { state: "year" };
  return { state: "right", date: digits.slice(4) + digits.slice(2, 4) + digits.slice(0, 2) };
}
