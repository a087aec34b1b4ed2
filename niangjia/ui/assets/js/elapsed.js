// How long something has been going on, second by second.
export default () => ({
  init() {
    const began = Date.parse(this.$root.dataset.since);
    const show = () => {
      const seconds = Math.max(0, Math.floor((Date.now() - began) / 1000));
      const [minutes, rest] = [Math.floor(seconds / 60), seconds % 60];
      this.$root.textContent = `${String(minutes).padStart(2, "0")}:${String(rest).padStart(2, "0")}`;
      this.$root.toggleAttribute("data-long", seconds >= Number(this.$root.dataset.long || Infinity));
    };
    show();
    this.timer = setInterval(show, 1000);
  },
  destroy() {
    clearInterval(this.timer);
  },
});
