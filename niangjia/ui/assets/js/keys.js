// Single keys work while no field has the focus; Ctrl K works everywhere.
import { isOpen, openDrawer } from "./drawer.js";

const rows = () => [...document.querySelectorAll("[data-row]")];
const current = () => document.querySelector("[data-row][data-current]");

// The row chosen last, by its address: a list that is drawn anew keeps it chosen.
let chosen = "";

function move(step) {
  const all = rows();
  if (!all.length) return;
  const now = current();
  const next = all[Math.min(Math.max(all.indexOf(now) + step, 0), all.length - 1)];
  now?.removeAttribute("data-current");
  next.setAttribute("data-current", "");
  next.scrollIntoView({ block: "nearest" });
  const link = next.querySelector(".row-link");
  chosen = link?.getAttribute("href") ?? "";
  if (isOpen() && link) openDrawer(link.getAttribute("href"), link);
  else link?.focus({ preventScroll: true });
}

const actions = {
  "/": () => document.getElementById("list-search")?.focus() ?? (document.getElementById("list-search") ? null : document.getElementById("global-search")?.focus()),
  j: () => move(1),
  k: () => move(-1),
  x: () => current()?.querySelector('input[name="row"]')?.click(),
  "?": () => document.getElementById("keys")?.showModal(),
};

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    document.getElementById("global-search")?.focus();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  // Out of the search and into what it found, for j and k.
  if (event.target.id === "list-search" && event.key === "Enter") setTimeout(() => event.target.blur());
  if (event.target.matches("input:not([type=checkbox]), textarea, select, [contenteditable]")) return;
  if (document.querySelector("dialog:modal")) return;
  if (event.key === "Enter" && event.target === document.body) {
    const link = current()?.querySelector(".row-link");
    if (link) openDrawer(link.getAttribute("href"), link);
    return;
  }
  // What a page or its drawer offers by a letter of its own; that of the drawer first.
  const offered = () => [document.getElementById("drawer-body"), document].map((around) => around?.querySelector(`[data-key="${CSS.escape(event.key)}"]`)).find(Boolean);
  const action = actions[event.key] ?? (/^[a-z]$/.test(event.key) && offered() ? () => offered().click() : null);
  if (action) {
    event.preventDefault();
    action();
  }
});

document.addEventListener("htmx:afterSwap", () => {
  if (!chosen || current()) return;
  const link = rows().map((row) => row.querySelector(".row-link")).find((one) => one?.getAttribute("href") === chosen);
  link?.closest("[data-row]").setAttribute("data-current", "");
  if (document.activeElement === document.body) link?.focus({ preventScroll: true });
});

document.addEventListener("click", (event) => {
  const row = event.target.closest("[data-row]");
  if (!row) return;
  current()?.removeAttribute("data-current");
  row.setAttribute("data-current", "");
});
