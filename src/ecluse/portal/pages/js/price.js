// What a bill costs under the covers that the answer told of: acts typed here, reasons in words.
// A price is about packages and amounts; nobody's name, card or reference goes with it, but with
// the quote or claim that may follow (`claim.js`) the check's reference. Its fields are
// `digits`: a card's first letter in one of them begins the next check.

import { settleForm } from "./claim.js";
import { el } from "./dom.js";
import { asDevice } from "./session.js";
import { currentLanguage, word } from "./words.js";

const BASKETS = { optics: ["full", "free"], dental: ["full", "moderated", "free"], hearing: ["full", "free"] };
const DOCTORS = /^(gp_visit|specialist_visit|technical_act|imaging|mammography|hospital_fees)$/;

let kinds = null;

// `answer` is a card's, `question` what was asked; `touched` is told when somebody works here.
export function priceForm(answer, question, touched) {
  const rows = el("div", { class: "price-rows" });
  const result = el("div", { class: "price-result", role: "status" });
  const details = el("details", { class: "price" }, el("summary", {}, word("price.title")));
  const form = el("form", { novalidate: true, onsubmit: (event) => send(event) }, rows, circumstances(), acts());
  details.append(el("p", { class: "note" }, word("price.note")), form, result);
  details.addEventListener("toggle", () => {
    if (!details.open) return;
    touched();
    if (!rows.children.length) add();
  });
  return details;

  function acts() {
    return el(
      "p",
      { class: "acts" },
      el("button", { type: "button", class: "quiet", onclick: () => add() }, word("price.add")),
      el("button", { type: "submit", class: "second" }, word("price.compute")),
    );
  }

  async function add() {
    kinds ??= (await asDevice("GET", "/v1/acts")).families;
    rows.append(row(kinds[question.family] ?? [], question.family));
    rows.lastElementChild.querySelector("select").focus();
  }

  async function send(event) {
    event.preventDefault();
    const wrong = form.querySelector('[aria-invalid="true"]') ?? firstEmpty(form);
    if (wrong) {
      wrong.setAttribute("aria-invalid", "true");
      wrong.focus();
      result.replaceChildren(el("p", { class: "hint wrong" }, word("price.wrong")));
      return;
    }
    const care = {
      care_date: question.care_date,
      acts: [...rows.children].map(read),
      minor: form.elements.minor.checked,
      in_pathway: !form.elements.off.checked,
    };
    const body = {
      ...care,
      payers: [answer, ...(answer.also ?? [])].map(({ insurer, cover }) => ({
        amc: insurer.amc,
        package: cover.package.handle,
      })),
    };
    try {
      const priced = told(await asDevice("POST", "/v1/prices", body), answer);
      result.replaceChildren(...priced, settleForm(care, answer.reference));
    } catch (failure) {
      result.replaceChildren(el("p", { class: "hint wrong" }, word(`banner.${failure.kind ?? "unexpected"}`)));
    }
  }
}

function circumstances() {
  const box = (name) =>
    el("label", { class: "tick" }, el("input", { type: "checkbox", class: "digits", name }), " ", word(`price.${name}`));
  return el("p", { class: "circumstances" }, box("minor"), box("off"));
}

function row(offered, family) {
  const kind = select("kind", offered.map((each) => [each.kind, each[currentLanguage()]]));
  const optam = el("label", { class: "tick" }, el("input", { type: "checkbox", class: "digits", name: "optam", checked: true }), " OPTAM");
  const doctor = () => (optam.hidden = !DOCTORS.test(kind.value));
  kind.addEventListener("change", doctor);
  const fields = [labelled("kind", kind), labelled("amount", amount("price")), labelled("base", amount("base"))];
  fields.push(labelled("quantity", el("input", { class: "digits", name: "quantity", inputmode: "numeric", value: "1", size: "3", oninput: whole })));
  if (BASKETS[family]) {
    const baskets = BASKETS[family].map((each) => [each, word(`price.basket.${each}`)]);
    fields.push(labelled("basket", select("basket", baskets)), labelled("ceiling", amount("ceiling")));
  }
  const remove = el("button", { type: "button", class: "quiet" }, word("price.remove"));
  const whole_row = el("fieldset", { class: "price-row" }, ...fields, optam, remove);
  remove.addEventListener("click", () => whole_row.remove());
  doctor();
  return whole_row;
}

const select = (name, options) =>
  el("select", { class: "digits", name }, ...options.map(([value, text]) => el("option", { value }, text)));

const labelled = (key, field) => el("label", { class: `field ${key}` }, word(`price.${key}`), field);

const amount = (name) =>
  el("input", { class: "digits", name, inputmode: "decimal", autocomplete: "off", size: "8", oninput: euros });

function euros({ target }) {
  target.setAttribute("aria-invalid", String(!/^\d{0,6}([.,]\d{0,2})?$/.test(target.value.trim())));
}

function whole({ target }) {
  target.setAttribute("aria-invalid", String(!/^[1-9]\d{0,2}$/.test(target.value.trim())));
}

const firstEmpty = (form) => [...form.querySelectorAll('[name="price"]')].find((field) => !field.value.trim());

const decimal = (field) => field?.value.trim().replace(",", ".") || null;

function read(fields) {
  const at = (name) => fields.querySelector(`[name="${name}"]`);
  const act = { kind: at("kind").value, price: decimal(at("price")), base: decimal(at("base")) ?? "0" };
  act.quantity = Number(at("quantity").value);
  if (at("basket")) act.basket = at("basket").value;
  if (decimal(at("ceiling"))) act.ceiling = decimal(at("ceiling"));
  if (DOCTORS.test(act.kind)) act.optam = at("optam").checked;
  return act;
}

const money = (text) =>
  new Intl.NumberFormat(currentLanguage(), { style: "currency", currency: "EUR" }).format(Number(text));

function told(priced, answer) {
  const insurers = [answer, ...(answer.also ?? [])].map(({ insurer }) => insurer.name);
  const sums = insurers.map((name, at) => [
    name,
    priced.acts.reduce((sum, act) => sum + Number(act.amcs[at]), 0),
  ]);
  const line = (name, sum) => el("tr", {}, el("th", { scope: "row" }, name), el("td", { class: "basis" }, money(sum)));
  const why = priced.acts.map((act) =>
    el("li", {}, money(act.price), el("ul", {}, ...act[`why_${currentLanguage()}`].map((step) => el("li", {}, step)))),
  );
  return [
    el("p", { class: "due" }, word("price.due"), " ", el("strong", {}, money(priced.due_now))),
    el(
      "table",
      {},
      el("tbody", {}, line(word("price.total"), priced.price), line(word("price.amo"), priced.amo_paid), ...sums.map((sum) => line(...sum))),
    ),
    el("details", { class: "why" }, el("summary", {}, word("price.why")), el("ol", {}, ...why)),
  ];
}
