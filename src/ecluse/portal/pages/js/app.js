// The page, put together.

import { accountView } from "./account.js";
import { hideBanner, showBanner } from "./banner.js";
import { checkView, recallAnswer, startCheck } from "./check.js";
import { dayView } from "./day.js";
import { startEnding } from "./ending.js";
import { enrolView, startEnrol } from "./enrol.js";
import { startHelp } from "./help.js";
import { startKeys } from "./keys.js";
import { startRouter } from "./router.js";
import { startScan } from "./scan.js";
import { resume } from "./session.js";
import { signinView, startSignin } from "./signin.js";
import { startLanguage } from "./words.js";

startLanguage();
startHelp();
startCheck();
startSignin();
startEnrol();
startKeys();
addEventListener("offline", () => showBanner("offline"));
addEventListener("online", () => hideBanner("offline"));
await resume();
startRouter({ signin: signinView, enrol: enrolView, check: checkView, day: dayView, account: accountView });
startEnding();
startScan();
if (!navigator.onLine) showBanner("offline");
await recallAnswer();
