// The keyboard: a clerk does this three hundred times a day, and a reader types like a person.

import { copyReference } from "./answer.js";
import { chooseLane } from "./ask.js";
import { clearAll, switchLane } from "./check.js";
import { stepFamily } from "./families.js";
import { openHelp } from "./help.js";
import { currentView, go } from "./router.js";
import { openScan } from "./scan.js";

const LETTER = /^[a-zA-Z]$/;
const CARD_START = /^[eE]$/;

const ON_CHECK = {
  Escape: clearAll,
  F2: switchLane,
  F4: openScan,
  F8: copyReference,
};

export function startKeys() {
  document.addEventListener("keydown", pressed);
}

function pressed(event) {
  if (dialogIsOpen() || event.altKey || event.isComposing) return;
  if (event.ctrlKey || event.metaKey) return void pressedWithControl(event);
  const act = actFor(event);
  if (act) {
    event.preventDefault();
    act();
  } else if (isForReader(event)) {
    // No preventDefault: the letter lands in the field that has the focus from now on.
    if (currentView() !== "check") go("check");
    chooseLane("card");
  }
}

function pressedWithControl(event) {
  const nothingSelected = getSelection().isCollapsed && !selectedInField(event.target);
  if (event.key === "c" && currentView() === "check" && nothingSelected) copyReference();
}

const dialogIsOpen = () => document.querySelector("dialog[open]") !== null;

const selectedInField = (target) => target.selectionStart !== target.selectionEnd;

function actFor(event) {
  if (event.key === "?" && (!writes(event.target) || currentView() === "check")) return openHelp;
  if (currentView() !== "check") return null;
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (step && writes(event.target)) return () => stepFamily(step);
  return ON_CHECK[event.key];
}

// A letter where no letter goes is the beginning of a card; a NIR has an A or a B at most.
function isForReader({ key, target }) {
  if (!["check", "day", "account"].includes(currentView())) return false;
  return writes(target) ? CARD_START.test(key) && target.matches(".digits") : LETTER.test(key);
}

const writes = (target) => target.matches("input:not([type=radio], [type=date], [type=file]), select");
