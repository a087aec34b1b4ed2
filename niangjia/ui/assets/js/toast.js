// A message goes by itself after a while; errors stay until they are closed.
export default () => ({
  init() {
    if (!["error", "warning"].includes(this.$root.dataset.tone)) this.timer = setTimeout(() => this.close(), 6000);
  },
  destroy() {
    clearTimeout(this.timer);
  },
  close() {
    this.$root.remove();
  },
});
