// The console's page, put together.

import { hideBanner, showBanner } from "../../js/banner.js";
import { byId } from "../../js/dom.js";
import { startEnding } from "../../js/ending.js";
import { enrolView, startEnrol } from "../../js/enrol.js";
import { go, startRouter } from "../../js/router.js";
import { signOut, startSession } from "../../js/session.js";
import { signinView, startSignin } from "../../js/signin.js";
import { startLanguage } from "../../js/words.js";
import { accountsView, startAccounts } from "./accounts.js";
import { actsView } from "./acts.js";
import { attempt } from "./attempt.js";
import { startConfirm } from "./confirm.js";
import { enrolmentsView } from "./enrolments.js";
import { feedsView } from "./feeds.js";
import { officerClaims, startJoining } from "./joining.js";
import { incidentView } from "./incident.js";
import { incidentsView } from "./incidents.js";
import { ledgerView } from "./ledger.js";
import { noticesView } from "./notices.js";
import { nowView } from "./now.js";
import { drawPlaces, home, mayEnter } from "./places.js";
import en from "./words.en.js";
import fr from "./words.fr.js";

startLanguage({ en, fr });
startConfirm();
startSignin("/");
startJoining();
startEnrol(officerClaims);
startAccounts();
addEventListener("offline", () => showBanner("offline"));
addEventListener("online", () => hideBanner("offline"));
byId("sign-out").addEventListener("click", () =>
  attempt(async () => {
    await signOut(false);
    go("signin");
  }),
);
await startSession({ name: "console", admits: mayEnter });
drawPlaces();
const views = {
  signin: signinView,
  enrol: enrolView,
  now: nowView,
  incidents: incidentsView,
  incident: incidentView,
  notices: noticesView,
  acts: actsView,
  enrolments: enrolmentsView,
  accounts: accountsView,
  feeds: feedsView,
  ledger: ledgerView,
};
startRouter(views, home);
startEnding();
