// The outbox: what an officer writes stays in the browser until the server has it. How a room uses it: docs/ui.md.
import { scaled } from "./photos.js";
import { CHANNEL, probe, sendWaiting } from "./sending.js";
import * as store from "./store.js";

export { Full } from "./store.js";
export const STATES = { draft: "草稿", waiting: "待发送", sending: "发送中", sent: "已送达", choose: "要您选择", problem: "有问题" };
const OWNER = "outbox:owner";
const SENT_DAYS = 7;
const STEPS = [5, 15, 30, 60, 120, 300]; // seconds between tries while something waits
const EDITABLE = ["draft", "choose", "problem"];

// Whose drafts these are while there is no network to ask; forgotten at the log-out (leaving.js).
export const owner = {
  known: () => JSON.parse(localStorage.getItem(OWNER) ?? "null"),
  remember: ({ user, name }) => localStorage.setItem(OWNER, JSON.stringify({ user, name })),
  forget: () => localStorage.removeItem(OWNER),
};

// Not crypto.randomUUID alone: older phones have none.
export const newId = () =>
  crypto.randomUUID?.() ??
  "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (c) => (c ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (c / 4)))).toString(16));

// What a page watches over can't be stored as it is.
const plain = (value) => JSON.parse(JSON.stringify(value));

export class Outbox {
  // box: the room's own name for its drafts; url: where they are handed in; hear: called after anything changed.
  constructor({ box, url, user, hear = () => {} }) {
    Object.assign(this, { box, url, user, hear });
    this.saving = new Map();
    this.net = navigator.onLine;
    this.out = false;
    this.step = 0;
    this.channel = "BroadcastChannel" in self ? new BroadcastChannel(CHANNEL) : null;
    if (this.channel) this.channel.onmessage = () => this.hear();
    addEventListener("online", () => this.send());
    addEventListener("offline", () => this.heardOf({ offline: true }));
    addEventListener("pageshow", () => this.send());
    document.addEventListener("visibilitychange", () => document.hidden || this.send());
  }

  // --- writing ---

  // about: the room's own mark of what it is about; it stays with the line after the delivery, as the title does.
  async begin(title, content, about = null) {
    const now = Date.now();
    const row = { id: newId(), owner: this.user, box: this.box, url: this.url, title, about, content: plain(content), state: "draft", made_at: now, changed_at: now, problems: {}, conflict: null, said: "", unsure: false };
    await store.put(row);
    this.lastAsked ??= navigator.storage?.persist?.().catch(() => false); // once in a while the browser asks back
    this.hear();
    return row;
  }

  // After each change. While one is being written the newest waits, those between are skipped: nothing typed is older than a write.
  keep(row) {
    const under = this.saving.get(row.id);
    if (under) {
      under.next = row;
      return under.done;
    }
    const work = { next: row };
    work.done = (async () => {
      try {
        while (work.next) {
          const { title, content } = work.next;
          work.next = null;
          const said = plain({ title, content });
          await store.change(row.id, (found) => EDITABLE.includes(found.state) && { ...found, ...said, changed_at: Date.now() });
        }
      } finally {
        this.saving.delete(row.id);
      }
    })();
    this.saving.set(row.id, work);
    return work.done;
  }

  // False when the draft was handed in meanwhile: what is added then would go with it unsent.
  async addPhoto(id, file) {
    const made = await scaled(file);
    const row = { id: newId(), draft: id, made_at: Date.now(), ...made };
    return (await store.putPhoto(row, (found) => EDITABLE.includes(found.state))) && row;
  }

  photos = async (id) => (await store.photosOf(id)).sort((a, b) => a.made_at - b.made_at);

  dropPhoto = (id) => store.dropPhoto(id);

  // --- handing over ---

  async ready(id) {
    await this.saving.get(id)?.done;
    const now = Date.now();
    const row = await store.change(id, (found) => EDITABLE.includes(found.state) && { ...found, state: "waiting", ready_at: found.ready_at ?? now, said: "", problems: {}, conflict: null });
    this.step = 0;
    navigator.serviceWorker?.ready.then((worker) => worker.sync?.register("outbox")).catch(() => {});
    this.hear();
    this.send();
    return row;
  }

  // To change it once more; not while it is on its way, nor while nobody knows whether it arrived: what is changed then would be lost.
  async takeBack(id) {
    const row = await store.change(id, (found) => found.state === "waiting" && !found.unsure && { ...found, state: "draft" });
    this.hear();
    return row.state === "draft";
  }

  // By the officer's own hand, and only what is still here to be thrown away.
  async discard(id) {
    const row = await store.draft(id);
    if (!row || row.owner !== this.user || !EDITABLE.includes(row.state)) return false;
    await store.drop(id);
    this.hear();
    return true;
  }

  get = (id) => store.draft(id).then((row) => (row?.owner === this.user && row.box === this.box ? row : null));

  async all() {
    const rows = await store.draftsOf(this.user, this.box);
    const old = Date.now() - SENT_DAYS * 864e5;
    for (const row of rows) if (row.state === "sent" && row.sent_at < old) await store.drop(row.id);
    return rows.filter((row) => row.state !== "sent" || row.sent_at >= old).sort((a, b) => b.made_at - a.made_at);
  }

  // --- sending ---

  async send() {
    clearTimeout(this.timer);
    let heard;
    try {
      heard = await sendWaiting();
      if (heard.left === 0 && (!this.net || this.out)) heard = { left: 0, ...(await probe()) };
    } catch (error) {
      heard = { left: 1, error };
    }
    this.heardOf(heard);
    if (heard.out || !(heard.left || heard.offline || heard.busy)) this.step = 0;
    else this.timer = setTimeout(() => this.send(), STEPS[Math.min(this.step++, STEPS.length - 1)] * 1000);
  }

  heardOf({ offline = false, out = false, busy = false }) {
    if (!busy) {
      this.net = !offline && navigator.onLine;
      this.out = out;
    }
    this.hear();
  }

  // --- what the page last heard, for when there is no network ---

  keepHeard = (name, value) => store.keep(this.user, name, value);
  heard = (name) => store.kept(this.user, name);
}
