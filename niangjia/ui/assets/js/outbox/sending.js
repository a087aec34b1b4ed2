// Sends what waits, one after the other, for whoever is logged in now. Runs in the page and in its service worker alike.
import { change, deliver, everyDraft, photosOf } from "./store.js";

export const TOKEN = "/desk/outbox/";
export const CHANNEL = "outbox";
const PATIENCE = 120_000; // a photo on a slow line
const UNSURE = new Set([502, 503, 504]); // a door in between answered: perhaps the product heard it

class Unreachable extends Error {}
class LoggedOut extends Error {}

async function ask(address, options = {}, patience = PATIENCE) {
  const clock = new AbortController();
  const bell = setTimeout(() => clock.abort(), patience);
  try {
    return await fetch(address, {
      credentials: "same-origin", cache: "no-store", ...options, signal: clock.signal,
      headers: { Accept: "application/json", ...options.headers },
    });
  } catch {
    throw new Unreachable();
  } finally {
    clearTimeout(bell);
  }
}

async function said(answer) {
  try {
    return await answer.clone().json();
  } catch {
    return null;
  }
}

// Who is logged in, and a token of today: the one in a page that was open all day is none any more.
export async function whoami() {
  const answer = await ask(TOKEN, {}, 15_000);
  if (answer.status === 401) throw new LoggedOut();
  const body = answer.ok && (await said(answer));
  if (!body?.user) throw new Unreachable(); // a network that wants a log-in of its own answers for everybody
  return body;
}

// Is there a network, and is somebody logged in?
export async function probe() {
  try {
    await whoami();
    return {};
  } catch (error) {
    return error instanceof LoggedOut ? { out: true } : { offline: true };
  }
}

// Names that begin with _ are the page's own business.
const spoken = (name, value) => (name.startsWith("_") ? undefined : value);

async function sendOne(row, token) {
  const form = new FormData();
  const content = { ...row.content, draft: row.id, device_now: new Date().toISOString() };
  form.append("payload", JSON.stringify(content, spoken));
  for (const photo of await photosOf(row.id)) form.append("photos", photo.blob, photo.name);
  return ask(row.url, { method: "POST", body: form, headers: { "X-CSRFToken": token, "X-Outbox-Owner": String(row.owner) } });
}

const SORRY = "服务器没有收下，稿件还在手机里。请稍后再试，多次这样请联系系统管理员。";
const becomes = (state, more) => (row) => ({ ...row, state, unsure: false, problems: {}, conflict: null, said: "", ...more });

// What the answer makes of the draft. Only a clear 200 or 201 lets go of what was written.
async function settle(row, answer) {
  const body = await said(answer);
  if (answer.status === 401 || answer.redirected) {
    await change(row.id, becomes("waiting"));
    throw new LoggedOut();
  }
  if ((answer.status === 200 || answer.status === 201) && body?.address) {
    const { id, owner, box, url, title, about, made_at } = row;
    return deliver(id, { id, owner, box, url, title, about, made_at, state: "sent", address: body.address, said: body.message ?? "", sent_at: Date.now() });
  }
  if (answer.status === 409 && body) return change(row.id, becomes("choose", { conflict: body, said: body.message ?? "" }));
  if (answer.status === 413) return change(row.id, becomes("problem", { said: "照片加起来太大，请去掉几张再交。" }));
  if (answer.status >= 400 && answer.status < 500 && answer.status !== 429)
    return change(row.id, becomes("problem", { problems: body?.problems ?? {}, said: body?.message ?? SORRY }));
  return change(row.id, becomes("waiting", { said: SORRY, unsure: answer.ok || UNSURE.has(answer.status) }));
}

async function run(tell) {
  // Whoever holds the lock is the only one who sends: a draft that says 发送中 was left by one who died.
  const mine = (row) => row.state === "waiting" || row.state === "sending";
  const waiting = (await everyDraft()).filter(mine).sort((a, b) => a.ready_at - b.ready_at);
  if (!waiting.length) return { left: 0 };
  let { user, token } = await whoami();
  let left = 0;
  for (const { id, owner } of waiting) {
    if (owner !== user) continue;
    const row = await change(id, (found) => mine(found) && { ...found, state: "sending", unsure: true });
    if (row?.state !== "sending") continue; // taken back in the meantime
    tell();
    try {
      let answer = await sendOne(row, token);
      if (answer.status === 403 && !(await said(answer))) {
        const now = await whoami();
        if (now.user !== user) throw new LoggedOut(); // somebody else came to this phone meanwhile
        ({ token } = now);
        answer = await sendOne(row, token);
      }
      await settle(row, answer);
    } catch (error) {
      await change(id, (found) => found.state === "sending" && { ...found, state: "waiting", unsure: error instanceof Unreachable });
      throw error;
    } finally {
      tell();
    }
    if (["waiting", "sending"].includes((await change(id, () => null))?.state)) left += 1;
  }
  return { left };
}

let busy = false;

// { left } of those that will be tried again; { offline } or { out } when it had to stop; { busy } when another one sends.
// A page leaves it to the other one; the service worker waits (`waits`), for the other one may be a page that is just closed.
export async function sendWaiting({ waits = false } = {}) {
  const channel = "BroadcastChannel" in self ? new BroadcastChannel(CHANNEL) : null;
  const once = async () => {
    try {
      return await run(() => channel?.postMessage("changed"));
    } catch (error) {
      if (error instanceof LoggedOut) return { out: true };
      if (error instanceof Unreachable) return { offline: true };
      throw error;
    }
  };
  try {
    if (navigator.locks) return await navigator.locks.request("outbox", { ifAvailable: !waits }, (lock) => (lock ? once() : { busy: true }));
    if (busy) return { busy: true };
    busy = true;
    return await once().finally(() => { busy = false; });
  } finally {
    channel?.close();
  }
}
