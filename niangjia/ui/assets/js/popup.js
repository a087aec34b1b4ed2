// A <details> that falls open above the page closes by Esc and by a click elsewhere.
export default () => ({
  init() {
    this.outside = (event) => {
      if (this.$root.open && !this.$root.contains(event.target)) this.$root.open = false;
    };
    document.addEventListener("click", this.outside);
    this.$root.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.$root.open) {
        this.$root.open = false;
        this.$root.querySelector("summary")?.focus();
        event.stopPropagation();
      }
    });
  },
  destroy() {
    document.removeEventListener("click", this.outside);
  },
});
