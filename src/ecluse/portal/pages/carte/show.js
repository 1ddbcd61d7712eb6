// The square that stands for the card: signed anew while it is on screen, for one use within its minute.

import { byId, el } from "/js/dom.js";
import { canDraw, square } from "/js/drawsquare.js";
import { hint } from "/js/hints.js";
import { grouped } from "/js/finess.js";
import { word } from "/js/words.js";
import { look, offerCamera } from "./look.js";
import { card, cards, choose, present, unbind } from "./phone.js";

// A square counts for 60 s. It gives way to the next one after half of them, so that whoever was shown
// it has as long again to read it.
const SHOWN_SECONDS = 30;
const LETTERS = /^[0-9][0-9AB][0-9]{7}$/;

let clock = null;
// The second that the square on screen was signed in; 0 for none.
let made = 0;
let finess = "";
let text = "";

// Call `place` when a card was added or taken away: with true, to add one.
export function startShow(place) {
  byId("add").addEventListener("click", () => place(true));
  byId("renew").addEventListener("click", () => keepFor(finess));
  hint("finess", "bound.hint");
  offerCamera("finess-scan", () => look("look.finess", (seen) => LETTERS.test(seen), answer));
  byId("bound-form").addEventListener("submit", (event) => {
    event.preventDefault();
    answer(byId("finess").value);
  });
  byId("bound-end").addEventListener("click", () => {
    byId("finess").value = "";
    keepFor("");
  });
  byId("text-copy").addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    byId("text-copy").textContent = word("answer.copied");
  });
  byId("remove").addEventListener("click", () => (byId("remove-sure").hidden = false));
  byId("remove-not").addEventListener("click", () => (byId("remove-sure").hidden = true));
  byId("remove-go").addEventListener("click", async () => {
    byId("remove-sure").hidden = true;
    await unbind();
    place();
  });
  document.addEventListener("visibilitychange", () => clock && tick());
  document.addEventListener("words", label);
}

export function beginShow() {
  endShow();
  clock = setInterval(tick, 1000);
  label();
  tick();
}

export function endShow() {
  clearInterval(clock);
  clock = null;
  made = 0;
  finess = "";
  byId("square").replaceChildren();
  byId("bound").open = false;
}

// Whose card: one button for each, when there are several.
function drawCards() {
  const all = cards();
  byId("cards").hidden = all.length < 2;
  const pick = (each, index) =>
    el(
      "button",
      {
        type: "button",
        class: "second",
        "aria-pressed": String(each === card()),
        onclick: () => {
          choose(index);
          beginShow();
        },
      },
      each.label || each.insurer.name,
    );
  byId("cards").replaceChildren(...all.map(pick));
}

const seconds = () => Math.floor(Date.now() / 1000);

async function tick() {
  const left = () => made + SHOWN_SECONDS - seconds();
  if (document.hidden) return;
  if (left() <= 0 || left() > SHOWN_SECONDS) await renew();
  byId("left").textContent = word("show.left", { seconds: left() });
  byId("level").style.transform = `scaleX(${Math.max(0, left() - 1) / SHOWN_SECONDS})`;
}

// No two squares of one second: a signature of the same one is the same presentation.
async function renew() {
  const before = made;
  made = Math.max(seconds(), before + 1);
  text = await present(made, finess);
  if (!clock) return;
  byId("text").textContent = text.match(/.{1,6}/g).join(" ");
  byId("text-copy").textContent = word("bind.copy");
  if (await canDraw()) byId("square").replaceChildren(await square(text));
  else byId("square").textContent = word("show.blind");
}

function label() {
  if (!clock) return;
  drawCards();
  byId("show-title").textContent = card().label || card().insurer.name;
  byId("show-what").textContent = finess
    ? word("show.bound", { finess: grouped(finess) })
    : word("show.what", { insurer: card().insurer.name });
  byId("square").ariaLabel = word("show.square");
  byId("bound-end").hidden = finess === "";
}

async function keepFor(number) {
  finess = number;
  label();
  byId("spoken").textContent = byId("show-what").textContent;
  await renew();
  await tick();
  scrollTo(0, 0);
}

async function answer(typed) {
  const number = typed.toUpperCase().replace(/\s/g, "");
  if (!LETTERS.test(number)) {
    hint("finess", "bound.wrong", { state: "wrong" });
    byId("finess").focus();
    return;
  }
  hint("finess", "bound.hint");
  byId("bound").open = false;
  await keepFor(number);
}
