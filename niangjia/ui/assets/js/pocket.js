// A page that may come from the service worker's store: it registers the worker, and takes colours and size of text as they are now.
const worker = document.documentElement.querySelector("link[rel=service-worker]")?.dataset.href;
if (worker && "serviceWorker" in navigator && isSecureContext) navigator.serviceWorker.register(worker).catch(() => {});

const chosen = (name) => document.cookie.match(new RegExp(`(?:^|; )${name}=(\\w+)`))?.[1];
const root = document.documentElement;
root.setAttribute("data-theme", chosen("theme") === "dark" ? "union-dark" : "union");
root.toggleAttribute("data-large", chosen("text") === "large");
