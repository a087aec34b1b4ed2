// A field that finds one of many while one types. `input` and not `keyup`: an input method's text fires no key-up.
export default () => ({
  at: -1,
  options() {
    return [...this.$refs.options.querySelectorAll("[data-value]")];
  },
  async look() {
    this.$refs.value.value = "";
    const text = this.$refs.text.value.trim();
    if (!text) return this.shut();
    const answer = await fetch(`${this.$root.dataset.source}?q=${encodeURIComponent(text)}`, { headers: { "HX-Request": "true" } });
    if (!answer.ok || text !== this.$refs.text.value.trim()) return undefined;
    this.$refs.options.innerHTML = await answer.text();
    this.$refs.options.hidden = false;
    this.$refs.text.setAttribute("aria-expanded", "true");
    for (const option of this.options()) option.addEventListener("mousedown", (event) => this.take(option, event));
    this.mark(0);
    return undefined;
  },
  mark(index) {
    const options = this.options();
    this.at = options.length ? (index + options.length) % options.length : -1;
    options.forEach((option, number) => option.setAttribute("aria-selected", String(number === this.at)));
    const chosen = options[this.at];
    if (chosen) {
      this.$refs.text.setAttribute("aria-activedescendant", chosen.id);
      chosen.scrollIntoView({ block: "nearest" });
    }
  },
  take(option, event) {
    event?.preventDefault();
    this.$refs.value.value = option.dataset.value;
    this.$refs.text.value = option.dataset.text;
    this.$refs.value.dispatchEvent(new Event("change", { bubbles: true }));
    this.shut();
  },
  key(event) {
    if (event.isComposing || this.$refs.options.hidden) return;
    if (event.key === "ArrowDown") this.mark(this.at + 1);
    else if (event.key === "ArrowUp") this.mark(this.at - 1);
    else if (event.key === "Enter" && this.options()[this.at]) this.take(this.options()[this.at]);
    else if (event.key === "Escape") this.shut();
    else return;
    event.preventDefault();
    event.stopPropagation();
  },
  // Text that was typed but not chosen means nothing, unless it is a field of its own: empty rather than wrong.
  leave() {
    if (!this.$refs.value.value && !this.$refs.text.name) this.$refs.text.value = "";
    this.shut();
  },
  clear() {
    this.$refs.value.value = "";
    this.$refs.text.value = "";
    this.$refs.value.dispatchEvent(new Event("change", { bubbles: true }));
    this.$refs.text.focus();
    this.shut();
  },
  shut() {
    this.$refs.options.hidden = true;
    this.$refs.text.setAttribute("aria-expanded", "false");
    this.$refs.text.removeAttribute("aria-activedescendant");
  },
});
