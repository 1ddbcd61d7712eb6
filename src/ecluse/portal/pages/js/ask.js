// The form that asks about one person: by card, or without one.

import * as birth from "./birth.js";
import * as card from "./cardcode.js";
import { byId } from "./dom.js";
import { chooseFamily, chosenFamily, drawFamilies } from "./families.js";
import { hint } from "./hints.js";
import * as nir from "./nir.js";
import { today } from "./today.js";
import { longDate, word } from "./words.js";

let lane = "card";
let busy = null;
// Whether anything was typed since the last question.
let touched = false;

// Call `onAsk` with each question that the form can put.
export function startAsk(onAsk) {
  drawFamilies();
  clearAsk();
  labelForm();
  byId("ask").addEventListener("submit", async (event) => {
    event.preventDefault();
    const question = await read();
    if (!question) return;
    touched = false;
    onAsk(question);
  });
  byId("ask").addEventListener("input", () => (touched = true));
  byId("card").addEventListener("input", () => quiet("card"));
  byId("nir").addEventListener("input", typedNir);
  byId("birth").addEventListener("input", typedBirth);
  byId("rank").addEventListener("input", () => quiet("rank"));
  byId("amc").addEventListener("input", () => quiet("amc"));
  byId("care-date").addEventListener("input", sayDate);
  byId("families").addEventListener("click", (event) => event.detail && focusAsk());
  document.addEventListener("words", () => {
    drawFamilies();
    labelForm();
    sayDate();
  });
}

export const currentLane = () => lane;

export const isTouched = () => touched;

// Cards and references share a field.
export function chooseLane(name) {
  lane = name === "typed" ? "typed" : "card";
  byId("ask-card").hidden = lane !== "card";
  byId("ask-person").hidden = lane !== "typed";
  focusAsk();
}

export function focusAsk() {
  byId(lane === "card" ? "card" : "nir").focus({ preventScroll: true });
}

// Back to an empty form for the next card; the family stays.
export function clearAsk() {
  for (const field of ["card", "nir", "birth", "amc"]) byId(field).value = "";
  byId("rank").value = "1";
  byId("care-date").value = today();
  sayDate();
  hint("card", "check.card.hint");
  hint("nir", "nir.help");
  hint("birth", "birth.help");
  quiet("rank");
  quiet("amc");
  touched = false;
  chooseLane("card");
}

// Ask about a known patient, for today, as if their reference had been typed.
export function askAgain(reference, family) {
  clearAsk();
  chooseFamily(family);
  byId("card").value = reference;
  byId("ask").requestSubmit();
}

// Ask about a card that was read otherwise than into its field.
export function askCard(code) {
  chooseLane("card");
  byId("card").value = code;
  byId("ask").requestSubmit();
}

// A scan clears its field at once, so that the next one starts from nothing; a failure brings it back.
export const takeCard = () => (byId("card").value = "");
export const giveBackCard = (code) => (byId("card").value ||= code);

// Say what is going on (a word's key), or null when nothing is.
export function setBusy(key) {
  busy = key;
  byId("ask").ariaBusy = String(busy !== null);
  labelForm();
}

function labelForm() {
  byId("check-go-word").textContent = word(busy ?? "check.go");
  byId("birth").placeholder = word("birth.placeholder");
}

// The date in words: a browser may show it in the order of another country.
function sayDate() {
  const date = byId("care-date").value;
  if (!date) return hint("care-date", "check.date.wrong", { state: "wrong" });
  const key = date === today() ? "check.date.today" : "check.date.other";
  hint("care-date", key, { values: { date: longDate(date) } });
}

function quiet(field) {
  hint(field, `check.${field}.hint`);
}

function typedNir() {
  const field = byId("nir");
  const typed = nir.bare(field.value);
  if (field.selectionEnd === field.value.length) field.value = nir.grouped(typed);
  const { state, count } = nir.judged(typed);
  if (state === "empty") hint("nir", "nir.help");
  else hint("nir", `nir.${state}`, { state: tone(state), values: { count } });
}

const tone = (state) => ({ left: "", right: "right" })[state] ?? "wrong";

function typedBirth() {
  const field = byId("birth");
  if (field.selectionEnd === field.value.length) field.value = birth.slashed(field.value);
  const { state } = birth.judged(field.value);
  if (state === "year") hint("birth", "birth.year", { state: "wrong" });
  else if (state === "right") hint("birth", "birth.right", { state });
  else hint("birth", "birth.help");
}

// The question as the gate takes it, or null after pointing at what is wrong.
async function read() {
  const subject = await (lane === "card" ? readCard() : readPerson());
  if (!subject) return null;
  const care_date = byId("care-date").value;
  if (!care_date) {
    byId("care-date").focus();
    return null;
  }
  const asked = subject.kind === "reference" ? "known" : lane;
  return { lane: asked, subject, care_date, family: chosenFamily() };
}

// A settlement reference of one's own stands for the card that it came with.
const REFERENCE = /^[A-Za-z0-9_-]{21}[AQgw]$/;

async function readCard() {
  const reference = byId("card").value.replace(/\s/g, "");
  if (REFERENCE.test(reference)) return { kind: "reference", reference };
  const code = card.bare(byId("card").value);
  const state = await card.judged(code);
  if (state === "right") return card.subjectOf(code);
  byId("card").select();
  return wrong("card", `card.${state}`);
}

function readPerson() {
  const number = nir.bare(byId("nir").value);
  const { state, count } = nir.judged(number);
  if (state !== "right") {
    return wrong("nir", state === "empty" ? "nir.help" : `nir.${state}`, { count });
  }
  const born = birth.judged(byId("birth").value);
  if (!born.date) return wrong("birth", `birth.${born.state}`);
  const rank = byId("rank").value;
  if (!/^[1-9]$/.test(rank)) return wrong("rank", "check.rank.wrong");
  const amc = byId("amc").value.toUpperCase().replace(/\s/g, "") || null;
  if (amc && !/^[0-9A-Z]{8,10}$/.test(amc)) return wrong("amc", "check.amc.wrong");
  return { kind: "person", nir: number, birth_date: born.date, birth_rank: Number(rank), amc };
}

function wrong(field, key, values = {}) {
  hint(field, key, { state: "wrong", values });
  byId(field).focus();
  return null;
}
