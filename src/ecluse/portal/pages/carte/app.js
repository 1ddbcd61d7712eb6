// The member's page: a card on one's own phone, activated once, then shown at a counter.

import { showBanner, hideBanner } from "/js/banner.js";
import { byId } from "/js/dom.js";
import { startLanguage } from "/js/words.js";
import { startBind } from "./bind.js";
import { insurer, startPhone } from "./phone.js";
import { beginShow, endShow, startShow } from "./show.js";
import en from "./words.en.js";
import fr from "./words.fr.js";

const place = () => {
  const bound = insurer() !== null;
  byId("bind").hidden = bound;
  byId("show").hidden = !bound;
  if (bound) beginShow();
  else endShow();
};

startLanguage({ en, fr });
addEventListener("offline", () => showBanner("offline"));
addEventListener("online", () => hideBanner("offline"));
await startPhone();
startBind(place);
startShow();
document.addEventListener("unbound", place);
place();
