// Keeps one page with its styles and its script, and sends the outbox. No other page, no answer with anybody's data is stored.
importScripts("{{ sending|escapejs }}");
const STORE = "pocket-{{ page|escapejs }}-{{ version }}";
const OURS = "pocket-{{ page|escapejs }}-";
const PAGE = "{{ page|escapejs }}";
const KEPT = [{% for address in kept %}"{{ address|escapejs }}", {% endfor %}];
const PATIENCE = 4000; // a bar of signal in a basement is worse than none

// Only the page itself: somebody who is logged out is sent elsewhere, and that is kept by nobody.
const fresh = async (request) => {
  const answer = await fetch(request);
  if (answer.ok && !answer.redirected && (answer.headers.get("Content-Type") ?? "").startsWith("text/html"))
    await (await caches.open(STORE)).put(PAGE, answer.clone());
  return answer;
};

self.addEventListener("install", (event) => {
  const all = async () => {
    await (await caches.open(STORE)).addAll(KEPT);
    await fresh(new Request(PAGE, { credentials: "same-origin", cache: "no-store" }));
    await self.skipWaiting();
  };
  event.waitUntil(all());
});

self.addEventListener("activate", (event) => {
  const old = (names) => Promise.all(names.filter((name) => name.startsWith(OURS) && name !== STORE).map((name) => caches.delete(name)));
  event.waitUntil(caches.keys().then(old).then(() => self.clients.claim()));
});

const page = async (event) => {
  const asked = fresh(event.request);
  event.waitUntil(asked.catch(() => {}));
  const late = new Promise((done) => setTimeout(done, PATIENCE));
  const answer = await Promise.race([asked, late]).catch(() => null);
  if (answer && answer.status < 500) return answer;
  return (await caches.match(PAGE)) ?? asked;
};

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== location.origin) return;
  if (request.mode === "navigate") {
    if (address.pathname === PAGE) event.respondWith(page(event));
  } else if (KEPT.includes(address.pathname)) {
    event.respondWith(caches.match(address.pathname, { cacheName: STORE }).then((kept) => kept ?? fetch(request)));
  }
});
