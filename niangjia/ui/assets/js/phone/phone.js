// The phone face's script. Every page works without it; it only spares a thumb some ways.
import "../display.js";
import "./code.js";
import "./draft.js";
import "./photos.js";
import "./platform.js";
import "./suggest.js";

if ("serviceWorker" in navigator && window.isSecureContext)
  addEventListener("load", () => navigator.serviceWorker.register("/sw.js").catch(() => {}));

// A second tap on a slow line sends nothing twice.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) event.preventDefault();
  else if (form.method === "post" && !event.defaultPrevented && !form.hasAttribute("data-again")) form.dataset.sent = "1";
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
