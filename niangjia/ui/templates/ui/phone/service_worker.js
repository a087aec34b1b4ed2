// Keeps the shell of the phone face and one page that says there is no network. Pages of people are never kept.
const STORE = "niangjia-{{ version }}";
const OFFLINE = "{% url 'phone:offline' %}";
const KEPT = [OFFLINE{% for address in kept %}, "{{ address|escapejs }}"{% endfor %}];
const MINE = /^\/(desk|accounts)\//;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(STORE).then((store) => store.addAll(KEPT)).then(() => self.skipWaiting()));
});
self.addEventListener("activate", (event) => {
  const old = (names) => Promise.all(names.filter((name) => name !== STORE).map((name) => caches.delete(name)));
  event.waitUntil(caches.keys().then(old).then(() => self.clients.claim()));
});
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== location.origin || MINE.test(address.pathname)) return;
  if (request.mode === "navigate") event.respondWith(fetch(request).catch(() => caches.match(OFFLINE)));
  else if (KEPT.includes(address.pathname)) event.respondWith(fetch(request).catch(() => caches.match(address.pathname)));
});
