// Links with data-drawer open beside the list; without script, with a modifier key or from the middle button they open as pages.
import htmx from "htmx.org";
import { say } from "./requests.js";

const wide = window.matchMedia("(width >= 64rem)");
let from = null;

export function isOpen() {
  return Boolean(document.getElementById("drawer")?.open);
}

export function openDrawer(href, link) {
  const drawer = document.getElementById("drawer");
  if (!drawer) return false;
  from = link ?? from;
  htmx.ajax("GET", href, { target: "#drawer-body", swap: "innerHTML show:none" });
  return true;
}

function show() {
  const drawer = document.getElementById("drawer");
  if (!drawer.open) {
    if (wide.matches) drawer.show();
    else drawer.showModal();
  }
  (drawer.querySelector("#drawer-body [autofocus]") ?? document.getElementById("drawer-title"))?.focus({ preventScroll: true });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-drawer]");
  if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  if (openDrawer(link.getAttribute("href"), link)) event.preventDefault();
});

document.addEventListener("close", (event) => {
  if (event.target.id !== "drawer") return;
  document.getElementById("drawer-body").replaceChildren();
  opener()?.focus();
}, true);

// The link that opened it, or the same one of a page that was drawn anew behind it.
function opener() {
  if (!from || from.isConnected) return from;
  return document.querySelector(`#main a[data-drawer][href="${CSS.escape(from.getAttribute("href"))}"]`);
}

document.addEventListener("keydown", (event) => {
  // A dialog shown beside the page doesn't hear Esc by itself; a box above it closes first.
  const drawer = document.getElementById("drawer");
  if (event.key === "Escape" && drawer?.open && !document.querySelector("dialog.box[open]")) drawer.close();
});

// What was asked for has come: not when htmx.ajax() says so, which for a request that waits for another is at once.
// A form that came back with a mistake: to the field that has it.
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id !== "drawer-body") return;
  if (event.detail.requestConfig.verb === "get") show();
  event.target.querySelector("[aria-invalid]")?.focus();
});

// A form in the drawer was sent and answered by a page elsewhere: what lies behind may have changed.
document.addEventListener("htmx:afterRequest", (event) => {
  const { requestConfig, successful, target, xhr } = event.detail;
  if (!successful || requestConfig.verb !== "post" || target?.id !== "drawer-body") return;
  if (new URL(xhr.responseURL).pathname !== requestConfig.path) document.dispatchEvent(new Event("list-changed"));
});

// The server may say so itself with the header HX-Trigger: list-changed.
document.addEventListener("list-changed", () => {
  if (document.getElementById("list")) htmx.ajax("GET", location.href, { target: "#list", swap: "outerHTML" });
  else drawAnew();
});

// The page behind, as it is now; one on which somebody has begun to write stays, and says so.
function drawAnew() {
  const main = document.getElementById("main");
  if (!main) return;
  const refused = performance.getEntriesByType("navigation")[0]?.responseStatus >= 400; // a form that came back filled
  if (refused || [...main.querySelectorAll("input, select, textarea")].some(isTyped)) say("这一页的内容有变化。您正在填的都在，保存或刷新后可以看到。");
  else htmx.ajax("GET", location.href, { target: "#main", select: "#main", swap: "outerHTML show:none" });
}

function isTyped(field) {
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.type === "file") return field.files.length > 0;
  if (field.type === "select-one") return field.selectedIndex !== Math.max(0, [...field.options].findIndex((one) => one.defaultSelected));
  if (field.type === "select-multiple") return [...field.options].some((one) => one.selected !== one.defaultSelected);
  return field.value !== field.defaultValue;
}
