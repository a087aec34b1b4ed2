// The list's small behaviour: choosing rows, choosing columns, the filter bar on a phone.
import htmx from "htmx.org";
import { remember } from "./display.js";

export default () => ({
  init() {
    this.list = this.$root; // inside a popup $root would be the popup
    // Every act with the chosen rows has its own field for the reason: only that of the act which is sent may go along.
    this.list.addEventListener("submit", (event) => {
      const asked = event.submitter?.closest("dialog");
      for (const field of event.target.querySelectorAll("dialog [name=reason]")) field.disabled = !asked?.contains(field);
    });
    this.list.addEventListener("click", (event) => {
      if (event.target.closest("[data-unpick]")) {
        for (const box of this.boxes()) box.checked = false;
        this.picked();
      }
      // The filters may have changed since the tools were drawn: print what the address says now.
      const print = event.target.closest("[data-list-print]");
      if (print) {
        const address = this.address();
        address.searchParams.set("print", "1");
        print.href = address.href;
      }
      // The same for a file, which also takes the columns that are ticked by now.
      const file = event.target.closest("[data-list-export]");
      if (file) {
        const wanted = new URL(file.href);
        wanted.searchParams.set("query", this.address().search.slice(1));
        wanted.searchParams.delete("column");
        for (const box of this.list.querySelectorAll("[data-column]:checked")) wanted.searchParams.append("column", box.dataset.column);
        file.href = wanted.pathname + wanted.search;
      }
    });
  },
  boxes() {
    return [...this.list.querySelectorAll('input[name="row"]')];
  },
  all(event) {
    for (const box of this.boxes()) box.checked = event.target.checked;
    this.picked();
  },
  picked() {
    const number = this.boxes().filter((box) => box.checked).length;
    for (const place of this.list.querySelectorAll("[data-picked]")) place.textContent = number;
    this.list.querySelector("#bulk")?.toggleAttribute("data-open", number > 0);
    const head = this.list.querySelector("thead input[type=checkbox]");
    if (head) {
      head.checked = number > 0 && number === this.boxes().length;
      head.indeterminate = number > 0 && number < this.boxes().length;
    }
  },
  columns() {
    const keys = [...this.list.querySelectorAll("[data-column]")].filter((box) => box.checked).map((box) => box.dataset.column);
    remember(this.list.dataset.cookie, keys.join("."));
    this.reload();
  },
  resetColumns() {
    remember(this.list.dataset.cookie, "");
    location.reload();
  },
  address() {
    const address = new URL(location.href);
    for (const name of ["after", "before"]) address.searchParams.delete(name);
    return address;
  },
  reload() {
    const address = this.address();
    address.searchParams.delete("view");
    if (![...address.searchParams].length) address.searchParams.set("all", "1");
    htmx.ajax("GET", address.pathname + address.search, { target: "#list", swap: "outerHTML" });
  },
  toggleFilters() {
    const open = !this.$refs.filters.hasAttribute("data-open");
    this.$refs.filters.toggleAttribute("data-open", open);
    this.$refs.filterButton.setAttribute("aria-expanded", String(open));
  },
});
