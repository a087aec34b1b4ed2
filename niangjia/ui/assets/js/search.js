// The global search: its hits are walked with the arrow keys; on a phone the field lies over the top bar.
export default () => ({
  init() {
    this.$root.addEventListener("keydown", (event) => this.walk(event));
    this.outside = (event) => {
      if (!this.$root.contains(event.target)) this.drop();
    };
    document.addEventListener("click", this.outside);
  },
  destroy() {
    document.removeEventListener("click", this.outside);
  },
  drop() {
    document.getElementById("search-hits").replaceChildren();
  },
  show() {
    this.$refs.field.toggleAttribute("data-open", true);
    document.getElementById("global-search").focus();
  },
  hide() {
    this.$refs.field.toggleAttribute("data-open", false);
    this.drop();
  },
  walk(event) {
    const hits = [...this.$root.querySelectorAll("[data-hit]")];
    const at = hits.indexOf(document.activeElement);
    if (event.key === "Escape") {
      this.hide();
      document.getElementById("global-search").blur();
    } else if (event.key === "ArrowDown" && hits.length) hits[Math.min(at + 1, hits.length - 1)].focus();
    else if (event.key === "ArrowUp" && at > 0) hits[at - 1].focus();
    else if (event.key === "ArrowUp" && at === 0) document.getElementById("global-search").focus();
    else return;
    event.preventDefault();
  },
});
