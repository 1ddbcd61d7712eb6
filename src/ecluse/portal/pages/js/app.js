// The page, put together.

import { accountView } from "./account.js";
import { hideBanner, showBanner } from "./banner.js";
import { checkView, recallAnswer, startCheck } from "./check.js";
import { startClaims } from "./claim.js";
import { dayView } from "./day.js";
import { startEnding } from "./ending.js";
import { enrolView, startEnrol } from "./enrol.js";
import { startHelp } from "./help.js";
import { counterClaims, startJoining } from "./joining.js";
import { startKeys } from "./keys.js";
import { forgetCheck } from "./last.js";
import { forgetChecks } from "./recent.js";
import { startOurs } from "./ours.js";
import { startRouter } from "./router.js";
import { startScan } from "./scan.js";
import { startSession } from "./session.js";
import { signinView, startSignin } from "./signin.js";
import { startLanguage } from "./words.js";

// [what the key shows (a word's key, or the key itself), what it does]
const KEYS = [
  ["key.enter", "help.enter"],
  ["key.escape", "help.escape"],
  ["F2", "help.f2"],
  ["F4", "help.scan"],
  ["key.arrows", "help.arrows"],
  ["F8", "help.copy"],
  ["key.print", "help.print"],
  ["?", "help.help"],
];
const SUBJECTS = ["help.password", "help.foreign", "help.once"];

startLanguage();
startHelp(KEYS, SUBJECTS);
startCheck();
startSignin("/console/");
startJoining();
startEnrol(counterClaims);
startKeys();
addEventListener("offline", () => showBanner("offline"));
addEventListener("online", () => hideBanner("offline"));
await startSession({
  name: "counter",
  admits: ({ role }) => role === "professional",
  forget() {
    forgetCheck();
    forgetChecks();
  },
});
const views = { signin: signinView, enrol: enrolView, check: checkView, day: dayView, account: accountView };
startRouter(views, () => "check");
startEnding();
startScan();
startOurs();
if (!navigator.onLine) showBanner("offline");
await recallAnswer();
await startClaims();
