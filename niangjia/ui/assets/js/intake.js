// The form in which somebody's words are taken down: it asks for what the words suggest while they are typed,
// shows the facts that the kind needs, keeps a draft, and Enter goes on to the next field instead of sending.
import { keep, restore } from "./drafts.js";

const PAUSE_MS = 400;
const FIELDS = "input:not([type=hidden]), select, textarea";

export default () => ({
  init() {
    const form = this.$root;
    this.aside = document.getElementById(form.dataset.assist);
    const begun = form.dataset.draft ? restore(form) : false;
    this.chosen = new Set(begun || form.hasAttribute("data-filled") ? ["nature", "urgency"] : []);
    this.first = Object.fromEntries(["nature", "urgency"].filter((name) => form.elements[name]).map((name) => [name, String(form.elements[name].value)]));
    this.changed = () => {
      if (form.dataset.draft) keep(form);
      clearTimeout(this.waiting);
      this.waiting = setTimeout(() => this.ask(), PAUSE_MS);
    };
    form.addEventListener("input", this.changed);
    form.addEventListener("change", (event) => {
      if (event.isTrusted) this.chosen.add(event.target.name);
      this.changed();
    });
    form.addEventListener("keydown", (event) => this.enter(event));
    form.addEventListener("submit", () => clearTimeout(this.waiting));
    this.heard = (event) => this.take(event);
    document.addEventListener("click", this.heard);
    this.arrived = () => {
      this.preselect();
      this.facts();
    };
    this.aside?.addEventListener("htmx:afterSettle", this.arrived);
    this.facts();
    // htmx hears nothing before the document is whole.
    if (!form.elements.body?.value) return;
    if (document.readyState === "complete") this.ask();
    else addEventListener("load", () => this.ask(), { once: true });
  },
  destroy() {
    document.removeEventListener("click", this.heard);
    this.aside?.removeEventListener("htmx:afterSettle", this.arrived);
  },
  ask() {
    this.aside?.dispatchEvent(new Event("ask"));
  },
  // Enter in a line is the next field; sending takes a key of its own, because half a demand is none.
  enter(event) {
    if (event.key !== "Enter" || event.isComposing || event.defaultPrevented || !event.target.matches("input:not([type=checkbox], [type=radio])")) return;
    event.preventDefault();
    const all = [...this.$root.querySelectorAll(FIELDS)].filter((one) => one.offsetParent !== null && !one.disabled);
    all[all.indexOf(event.target) + 1]?.focus();
  },
  // What is offered beside the form is taken over by a press.
  take(event) {
    const form = this.$root;
    const offer = event.target.closest("[data-kind], [data-choose], [data-firm], [data-zone], [data-insert], [data-person], [data-more]");
    if (!offer) return;
    if (offer.dataset.kind !== undefined) {
      this.pick("kind", offer.dataset.kind, offer.dataset.label);
      this.goOn();
    }
    if (offer.dataset.choose !== undefined) {
      this.chosen.add(offer.dataset.choose);
      this.choose(offer.dataset.choose, offer.dataset.value);
    }
    if (offer.dataset.firm !== undefined) this.pick("employer", offer.dataset.firm, offer.dataset.label);
    if (offer.dataset.zone !== undefined) this.pick("zone", offer.dataset.zone, offer.dataset.label);
    if (offer.dataset.insert !== undefined) this.insert(offer.dataset.insert);
    if (offer.dataset.person !== undefined) this.person(offer);
    if (offer.dataset.more !== undefined) {
      form.toggleAttribute("data-all", !form.hasAttribute("data-all"));
      offer.setAttribute("aria-expanded", String(form.hasAttribute("data-all")));
      this.facts();
      if (form.hasAttribute("data-all")) form.querySelector("[data-fact][data-later]:not([hidden])")?.querySelector(FIELDS)?.focus();
    }
  },
  // The name first, then what the kind needs and nobody has said.
  goOn() {
    const asked = [this.$root.elements.asker_name, ...this.$root.querySelectorAll("[data-needed] :is(input:not([type=hidden]), select)")];
    (asked.find((one) => one && !one.value) ?? this.$root.elements.body).focus();
  },
  pick(name, value, text) {
    const root = this.$root.querySelector(`[data-source]:has(input[name="${name}"])`);
    if (!root) return;
    root.querySelector("[role=combobox]").value = text;
    const field = root.querySelector(`input[name="${name}"]`);
    field.value = value;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  },
  // What is sure is chosen until somebody chooses, or until it is sure no more; who has chosen is never overruled.
  preselect() {
    for (const [name, first] of Object.entries(this.first)) {
      const sure = this.aside?.querySelector(`[data-sure][data-choose="${name}"]`);
      if (!this.chosen.has(name)) this.choose(name, sure?.dataset.value ?? first);
    }
  },
  choose(name, value) {
    const field = this.$root.elements[name];
    if (!field || String(field.value) === value) return;
    if (field instanceof RadioNodeList) for (const one of field) one.checked = one.value === value;
    else field.value = value;
    this.changed();
  },
  insert(text) {
    const field = this.$root.elements.answer;
    if (!field) return;
    field.value = field.value ? `${field.value}\n${text}` : text;
    field.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  },
  person(offer) {
    const field = this.$root.elements.person;
    const taken = field.value === offer.dataset.person;
    field.value = taken ? "" : offer.dataset.person;
    for (const one of document.querySelectorAll("[data-person]")) one.setAttribute("aria-pressed", String(one.dataset.person === field.value));
    if (!taken && offer.dataset.employer && !this.$root.elements.employer_name.value) this.pick("employer", offer.dataset.employer, offer.dataset.employerName);
    this.changed();
    this.$root.elements.body.focus();
  },
  // A fact is shown when its kind needs it, when it says something already, or when all were asked for.
  facts() {
    const needs = (this.aside?.querySelector("[data-needs]")?.dataset.needs ?? "").split(" ");
    for (const box of this.$root.querySelectorAll("[data-fact]")) {
      const needed = needs.includes(box.dataset.fact);
      const fields = [...box.querySelectorAll(FIELDS)];
      const says = fields.some((one) => (["checkbox", "radio"].includes(one.type) ? one.checked : one.value !== "" && one.value !== one.defaultValue));
      const wrong = box.querySelector("[aria-invalid]") !== null;
      const here = fields.includes(document.activeElement);
      box.toggleAttribute("data-needed", needed);
      box.hidden = box.hasAttribute("data-later") && !needed && !says && !wrong && !here && !this.$root.hasAttribute("data-all");
    }
    const person = this.$root.elements.person?.value;
    for (const one of document.querySelectorAll("[data-person]")) one.setAttribute("aria-pressed", String(Boolean(person) && one.dataset.person === person));
  },
});
