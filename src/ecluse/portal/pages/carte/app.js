// The member's page: cards on one's own phone, each activated once, then shown at a counter.

import { showBanner, hideBanner } from "/js/banner.js";
import { byId } from "/js/dom.js";
import { startLanguage } from "/js/words.js";
import { isGranted, startBind } from "./bind.js";
import { cards, startPhone } from "./phone.js";
import { beginShow, endShow, startShow } from "./show.js";
import en from "./words.en.js";
import fr from "./words.fr.js";

function place(adding = cards().length === 0) {
  hideBanner();
  byId("bind").hidden = !adding;
  byId("show").hidden = adding;
  byId("bind-back").hidden = cards().length === 0;
  if (adding) endShow();
  else beginShow();
}

startLanguage({ en, fr });
addEventListener("offline", () => showBanner("offline"));
addEventListener("online", () => hideBanner("offline"));
await startPhone();
startBind(place);
startShow(place);
addEventListener("hashchange", () => isGranted() && place(true));
place(isGranted() || undefined);
