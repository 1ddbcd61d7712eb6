// Words in the language of the person: the browser's at first, then the one chosen.

import { byId } from "./dom.js";
import en from "./words.en.js";
import fr from "./words.fr.js";

let languages = { en, fr };
// Dates in English as in Europe: day, month, year, 24 hours.
const LOCALES = { en: "en-GB", fr: "fr-FR" };
const KEPT = "ecluse.language";

let language = "fr";

export const currentLanguage = () => language;

// Start with what was chosen before, or what the browser prefers, or French; `own` ({en, fr}): words
// of this page, in place of the counter's or beside them.
export function startLanguage(own = {}) {
  languages = { en: { ...en, ...own.en }, fr: { ...fr, ...own.fr } };
  const preferred = [localStorage.getItem(KEPT), ...navigator.languages.map((tag) => tag.slice(0, 2))];
  setLanguage(preferred.find((code) => code in languages) ?? "fr");
  byId("language").addEventListener("click", () => {
    setLanguage(language === "fr" ? "en" : "fr");
    localStorage.setItem(KEPT, language);
  });
}

function setLanguage(code) {
  language = code;
  document.documentElement.lang = code;
  fill(document);
  const other = byId("language");
  other.lang = code === "fr" ? "en" : "fr";
  other.textContent = word("language.other");
  document.dispatchEvent(new Event("words"));
}

// The words under `key`, with {placeholders} filled.
export function word(key, values = {}) {
  const text = languages[language][key].replaceAll("'", "\u2019");
  const set = language === "fr" ? typeset(text) : text;
  return set.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

// French typography: no line break before a double sign or inside guillemets.
const typeset = (text) =>
  text.replace(/ ([;?!])/g, "\u202f$1").replace(/ ([:»])/g, "\u00a0$1").replace(/« /g, "«\u00a0");

function fill(root) {
  for (const element of root.querySelectorAll("[data-word]")) {
    element.textContent = word(element.dataset.word);
  }
  for (const element of root.querySelectorAll("[data-word-label]")) {
    element.setAttribute("aria-label", word(element.dataset.wordLabel));
  }
}

// "2026-11-23" as a calendar date, wherever the computer is.
export const longDate = (iso) =>
  new Intl.DateTimeFormat(LOCALES[language], { dateStyle: "long", timeZone: "UTC" }).format(new Date(iso));

// An instant, in the computer's own time.
export const instant = (when) =>
  new Intl.DateTimeFormat(LOCALES[language], { dateStyle: "medium", timeStyle: "short" }).format(
    new Date(when),
  );

// The time of day of an instant, in the computer's own time; then with its seconds.
export const clockTime = (when) =>
  new Intl.DateTimeFormat(LOCALES[language], { timeStyle: "short" }).format(when);

export const secondTime = (when) =>
  new Intl.DateTimeFormat(LOCALES[language], { timeStyle: "medium" }).format(when);
