// What is planned, what is being written, what waits; which of them is open; whether there is a network.
import { Full, Outbox, STATES, owner } from "../outbox/outbox.js";
import { clock, dayWords, isoDay, weekday } from "./words.js";

const BOX = "visits";
const FOUND = 20;
const TONES = { waiting: "badge-info", sending: "badge-info", sent: "badge-success", choose: "badge-warning", problem: "badge-error" };
const NO_ROOM = "手机存储空间满了，刚才的没有存下。请先删掉手机里不用的照片或应用，再改一个字试试；别关这个页面。";

export default () => ({
  view: "list", // list, visit, choose
  data: null,
  known: null, // whose phone page this is: { user, name }
  rows: [],
  row: null,
  net: navigator.onLine,
  out: false,
  trouble: "",
  heardOnce: false,
  query: "",
  elsewhere: [],
  at: new Date(),

  async init() {
    const { data, handIn, search } = this.$root.dataset;
    this.addresses = { data, handIn, search };
    this.known = owner.known();
    addEventListener("hashchange", () => this.follow());
    addEventListener("pagehide", () => this.row && this.save());
    this.$watch("row", () => this.save());
    setInterval(() => { this.at = new Date(); }, 30_000);
    if (this.known) await this.open();
    await this.refresh();
  },

  // Everything of one officer; another one on the same phone gets an outbox of her own.
  async open() {
    try {
      this.outbox = new Outbox({ box: BOX, url: this.addresses.handIn, user: this.known.user, hear: () => this.hear() });
      this.data = (await this.outbox.heard("field")) ?? null;
      await this.hear();
      await this.follow();
      this.outbox.send();
    } catch {
      this.trouble = "这个浏览器不让网页保存内容（可能开着无痕模式）。请换成普通模式再写，不然没有网时会丢。";
    }
  },

  async refresh() {
    let answer;
    try {
      answer = await fetch(this.addresses.data, { credentials: "same-origin", cache: "no-store", headers: { Accept: "application/json" } });
    } catch {
      this.net = false;
      return;
    }
    this.net = true;
    this.out = answer.status === 401;
    if (!answer.ok) {
      if (answer.status === 403) this.trouble = (await answer.json().catch(() => ({}))).message ?? "";
      return;
    }
    const data = await answer.json().catch(() => null);
    if (!data?.me) return;
    if (this.known && this.known.user !== data.me.user) {
      owner.remember(data.me);
      location.replace(location.pathname); // nothing of the other one stays on the screen
      return;
    }
    owner.remember(data.me);
    this.known = data.me;
    if (!this.outbox) await this.open();
    data.skew = new Date(data.now) - Date.now(); // a phone may live in yesterday
    this.data = data;
    await this.outbox?.keepHeard("field", data).catch(() => {});
  },

  // Something happened to the drafts, here or in another window or in the service worker.
  async hear() {
    const before = this.rows.filter((row) => row.state === "sent").length;
    const back = this.outbox.net && !this.net;
    this.net = this.outbox.net;
    this.out = this.outbox.out;
    this.rows = await this.outbox.all();
    const mine = this.row && this.rows.find((row) => row.id === this.row.id);
    if (mine && mine.state !== this.row.state) {
      this.row.state = mine.state; // what is being typed stays
      Object.assign(this.row, { problems: mine.problems ?? {}, conflict: mine.conflict, said: mine.said, unsure: mine.unsure });
      if (mine.state === "sent") location.hash = "";
      if (mine.state === "choose") this.go("choose", mine.id);
    }
    const delivered = this.rows.filter((row) => row.state === "sent").length > before && !this.waiting.length;
    if (this.heardOnce && (back || delivered)) this.refresh();
    this.heardOnce = true;
  },

  // --- where one is: in the address, so that the phone's own back button works and a reload stays ---

  go(view, id) {
    location.hash = id ? `#${view}/${id}` : "";
  },
  async follow() {
    const [view, id] = location.hash.slice(1).split("/");
    const same = id && this.row?.id === id && this.row.state !== "sent"; // its other side: what was typed and found stays
    if (!same) await this.leave();
    const row = same ? this.row : id && this.outbox ? await this.outbox.get(id) : null;
    if (!row || row.state === "sent") {
      this.view = "list";
      await this.$nextTick(); // the form goes before what it shows
      Object.assign(this, { row: null, photos: [] });
      if (location.hash) history.replaceState(null, "", location.pathname);
    } else {
      if (!same) await this.take(row);
      this.view = view === "choose" && row.conflict ? "choose" : "visit";
    }
    scrollTo(0, 0);
  },

  async guarded(work) {
    try {
      const result = await work();
      if (this.trouble === NO_ROOM) this.trouble = "";
      return result;
    } catch (error) {
      if (!(error instanceof Full)) throw error;
      this.trouble = NO_ROOM;
      return null;
    }
  },

  // --- the list ---

  get today() {
    return isoDay(new Date(this.at.getTime() + (this.data?.skew ?? 0)));
  },
  get clockIsOff() {
    return Math.abs(this.data?.skew ?? 0) > 10 * 60_000;
  },
  get titleOfToday() {
    return `${dayWords(this.today)} 星期${weekday(this.today)}`;
  },
  get planned() {
    return (this.data?.plan ?? []).filter((one) => one.state !== "dropped");
  },
  get plannedToday() {
    return this.planned.filter((one) => one.on === this.today);
  },
  get plannedLater() {
    return this.planned.filter((one) => one.on !== this.today && (one.state === "planned" || one.on > this.today));
  },
  get urgent() {
    return this.rows.filter((row) => row.state === "choose" || row.state === "problem");
  },
  get unfinished() {
    return this.rows.filter((row) => row.state === "draft");
  },
  get waiting() {
    return this.rows.filter((row) => row.state === "waiting" || row.state === "sending");
  },
  get sent() {
    return this.rows.filter((row) => row.state === "sent").slice(0, 10);
  },
  get bar() {
    if (!this.heardOnce) return "";
    const parts = [];
    if (this.waiting.length) parts.push(`${this.waiting.length} 份等着发送`);
    if (this.urgent.length) parts.push(`${this.urgent.length} 份要您处理`);
    if (this.unfinished.length) parts.push(`${this.unfinished.length} 份草稿`);
    return parts.join(" · ") || "没有等着发送的";
  },
  get found() {
    const words = this.query.trim();
    if (!words) return [];
    const here = Object.values(this.data?.employers ?? {}).filter((one) => one.name.includes(words) || one.address.includes(words));
    const ids = new Set(here.map((one) => one.id));
    return [...here, ...this.elsewhere.filter((one) => !ids.has(one.id))].slice(0, FOUND);
  },
  async searchElsewhere() {
    const words = this.query.trim();
    if (words.length < 2 || !this.net) return;
    try {
      const answer = await fetch(`${this.addresses.search}?q=${encodeURIComponent(words)}`, { credentials: "same-origin", headers: { Accept: "application/json" } });
      const { employers = [] } = answer.ok ? await answer.json() : {};
      if (words === this.query.trim()) this.elsewhere = employers;
    } catch {
      // Those on the phone are found all the same.
    }
  },
  // One's own, or what a search brought; a draft keeps what it needs of it.
  employer(id) {
    return this.data?.employers?.[id] ?? this.elsewhere.find((one) => one.id === id) ?? null;
  },
  nameOf(one) {
    return this.employer(one.employer)?.name ?? one.name ?? "";
  },
  rowOf(one) {
    return this.rows.find((row) => row.about === one.id && row.state !== "sent") ?? this.rows.find((row) => row.about === one.id);
  },
  lineOf(one) {
    const half = one.is_morning ? "上午" : "下午";
    const day = one.on === this.today ? half : `${dayWords(one.on)} 周${weekday(one.on)}${half}`;
    return [day, this.formsAt(this.employer(one.employer))[one.kind]?.name, one.because].filter(Boolean).join(" · ");
  },
  lastOf(employer) {
    return employer?.last ? `上次 ${dayWords(employer.last)}` : "还没有走访过";
  },
  stateOf(row) {
    return STATES[row.state];
  },
  toneOf(row) {
    return TONES[row.state] ?? "";
  },
  whenOf(row) {
    return clock(row.content?.arrived_at ?? new Date(row.sent_at ?? row.made_at).toISOString());
  },
});
