// Within a service worker: sends what waits when the browser says that there is a network, the page being closed.
import { sendWaiting } from "./sending.js";

self.addEventListener("sync", (event) => {
  if (event.tag !== "outbox") return;
  const work = sendWaiting({ waits: true }).then(({ left, offline }) => {
    if (left || offline) throw new Error("later"); // the browser tries again
  });
  event.waitUntil(work);
});
