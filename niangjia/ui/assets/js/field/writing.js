// One visit, as it is written at the employer.
import { clock, fromField, toField } from "./words.js";

const LOCATING = { enableHighAccuracy: true, timeout: 10_000, maximumAge: 30_000 };
const OUTCOMES = { explained: 1, passed_on: 2, noted: 3 };
const NOT_THERE = ["没取到定位，照样可以记。", "手机没有允许定位，照样可以记。", "没取到定位，照样可以记。", "10 秒没取到定位，照样可以记。"];

export default () => ({
  photos: [],
  adding: Promise.resolve(),
  locating: false,
  checked: {},
  sureToDiscard: false,

  async begin(employer, planned) {
    const there = planned && this.rowOf(planned);
    if (there?.state === "sent") return location.assign(there.address);
    if (there) return this.go(there.state === "choose" ? "choose" : "visit", there.id);
    if (!employer) return this.refresh();
    const kind = planned?.kind ?? "daily";
    const content = {
      employer_id: employer.id, employer_mark: employer.mark, kind,
      form_number: 0, planned_id: planned?.id ?? null, planned_version: planned?.version ?? null,
      stay_id: null, companions: [], arrived_at: null, left_at: null, latitude: null, longitude: null, accuracy_metres: null,
      observations: {}, spoken_with: [], spoken_with_count: null, answers: {}, summary: "", findings: [], chosen_over: {},
      _employer: { ...employer }, _place: "", _note: planned?.note ?? "",
    };
    for (const { code } of this.data.aspects) content.observations[code] = { look: null, word: "" };
    this.formInto(content);
    const row = await this.guarded(() => this.outbox.begin(employer.name, content, planned?.id ?? null));
    if (row) this.go("visit", row.id);
  },

  async take(row) {
    this.row = row;
    this.checked = {};
    this.sureToDiscard = false;
    this.photos = (await this.outbox.photos(row.id)).map(({ id, name, thumb, readable }) => ({ id, name, thumb, readable }));
    this.untouched = row.state === "draft" && row.changed_at === row.made_at ? JSON.stringify(row.content) : "";
    this.written = JSON.stringify(row.content);
  },
  // What was opened and never written in is no draft.
  async leave() {
    await this.adding;
    if (!this.row) return;
    const { id, content, state } = this.row;
    if (this.untouched && state === "draft" && !this.photos.length && JSON.stringify(content) === this.untouched) await this.outbox.discard(id);
  },
  save() {
    if (!this.row || !this.editable) return;
    const now = JSON.stringify(this.row.content);
    if (now === this.written) return;
    this.written = now;
    this.guarded(() => this.outbox.keep(this.row)).then((done) => { if (done === null) this.written = ""; });
  },

  get content() {
    return this.row?.content ?? {};
  },
  get editable() {
    return ["draft", "choose", "problem"].includes(this.row?.state);
  },
  get problems() {
    return { ...this.row?.problems, ...this.checked };
  },
  get problemLines() {
    return Object.entries(this.problems).filter(([field]) => !field.startsWith("answers.")).map(([field, text]) => ({ field, text }));
  },
  get followUps() {
    return (this.data?.follow_ups ?? []).filter((one) => one.employer === this.content.employer_id);
  },

  // --- the form of the kind ---

  get kinds() {
    return Object.entries(this.formsAt(this.content._employer)).map(([code, { name }]) => ({ code, name }));
  },
  // A township may have kinds and forms of its own.
  formsAt(employer) {
    return this.data?.forms?.[employer?.forms ?? 0] ?? {};
  },
  formInto(content) {
    const form = this.formsAt(content._employer)[content.kind];
    content._form = form ? JSON.parse(JSON.stringify(form)) : { number: 0, questions: [] };
    content.form_number = content._form.number;
    // A list of several exists before the first tap.
    for (const { key, type } of content._form.questions) if (type === "many" && !Array.isArray(content.answers[key])) content.answers[key] = [];
  },
  changeKind() {
    this.formInto(this.content);
  },
  answer(question, value) {
    this.content.answers[question.key] = this.content.answers[question.key] === value ? null : value;
  },
  toggle(question, option) {
    const chosen = this.content.answers[question.key] ?? [];
    this.content.answers[question.key] = chosen.includes(option) ? chosen.filter((one) => one !== option) : [...chosen, option];
  },

  // --- arrived ---

  arrive() {
    this.content.arrived_at = new Date().toISOString();
    this.locate();
  },
  locate() {
    const content = this.content;
    if (!navigator.geolocation) {
      content._place = NOT_THERE[0];
      return;
    }
    this.locating = true;
    const over = (said) => {
      this.locating = false;
      content._place = said;
    };
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        content.latitude = coords.latitude;
        content.longitude = coords.longitude;
        content.accuracy_metres = coords.accuracy;
        over(`已取到定位，误差约 ${Math.round(coords.accuracy)} 米。`);
      },
      (error) => over(NOT_THERE[error.code] ?? NOT_THERE[0]),
      LOCATING,
    );
  },
  depart() {
    this.content.left_at = new Date().toISOString();
  },
  get arrivedField() {
    return toField(this.content.arrived_at);
  },
  get leftField() {
    return toField(this.content.left_at);
  },
  setTime(field, event) {
    this.content[field] = fromField(event.target.value);
  },
  said(iso) {
    return clock(iso);
  },

  // --- five things, people, findings ---

  look(code, look) {
    const seen = this.content.observations[code];
    seen.look = seen.look === look ? null : look;
  },
  addPerson() {
    this.content.spoken_with.push({ name: "", post: "", phone: "" });
  },
  addFinding() {
    this.content.findings.push({ text: "", outcome: null, explanation: "", people: 1, asker_name: "", asker_phone: "", by_employer: false, is_confidential: false, _anonymous: false });
  },
  remove(list, index) {
    list.splice(index, 1);
  },
  anonymous(finding) {
    finding._anonymous = !finding._anonymous;
    if (finding._anonymous) Object.assign(finding, { asker_name: "", asker_phone: "" });
  },
  isCompanion(id) {
    return this.content.companions.includes(id);
  },
  companion(id) {
    this.content.companions = this.isCompanion(id) ? this.content.companions.filter((one) => one !== id) : [...this.content.companions, id];
  },

  // --- photos ---

  // A big one takes seconds to be made small; nothing is handed in meanwhile.
  addPhotos(event) {
    const files = [...event.target.files];
    const { id } = this.row;
    event.target.value = "";
    this.adding = this.adding.then(() => this.addEach(files, id)).catch(() => {
      this.trouble = "有照片没有存下，请再拍一次。";
    });
  },
  async addEach(files, id) {
    for (const file of files) {
      const most = this.data?.most_photos ?? 12;
      if (this.photos.length >= most) {
        this.trouble = `一次走访最多 ${most} 张照片。`;
        break;
      }
      const kept = await this.guarded(() => this.outbox.addPhoto(id, file));
      if (kept === false) this.trouble = "这份已经交上去了，照片没有加进去。";
      if (!kept) break;
      if (this.row?.id === id) this.photos.push({ id: kept.id, name: kept.name, thumb: kept.thumb, readable: kept.readable });
    }
  },
  async dropPhoto(id) {
    await this.outbox.dropPhoto(id);
    this.photos = this.photos.filter((one) => one.id !== id);
  },

  // --- handing in ---

  check() {
    const found = {};
    const { content } = this;
    if (!content.arrived_at) found.arrived_at = "请先点“到达”；已经走了的，补填到达时间。";
    for (const { key, label, required } of content._form.questions) {
      const given = content.answers[key];
      if (required && (given === undefined || given === null || given === "" || (Array.isArray(given) && !given.length)))
        found[`answers.${key}`] = `请填“${label}”。`;
    }
    content.findings.forEach((one, place) => {
      const which = `第 ${place + 1} 条发现`;
      if (!one.text.trim()) found.findings = `${which}还没有写内容；不要了就删掉。`;
      else if (!one.outcome) found.findings = `${which}请选怎么办：现场解释了、转为诉求，还是留作记录。`;
      else if (one.outcome === OUTCOMES.explained && !one.explanation.trim()) found.findings = `${which}请写一句是怎么解释的。`;
    });
    return found;
  },
  async handIn() {
    this.checked = this.check();
    if (Object.keys(this.checked).length) {
      this.$nextTick(() => document.getElementById("problems")?.focus());
      return;
    }
    this.row.problems = {};
    await this.adding;
    await this.guarded(async () => {
      await this.outbox.keep(this.row);
      await this.outbox.ready(this.row.id);
      this.untouched = "";
      this.go("list");
    });
  },
  async takeBack() {
    if (await this.outbox.takeBack(this.row.id)) this.row.state = "draft";
    else this.trouble = "这份可能已经送到，等有网确认以后再看。";
  },
  async discard() {
    if (!this.sureToDiscard) {
      this.sureToDiscard = true;
      return;
    }
    await this.outbox.discard(this.row.id);
    this.go("list");
  },
});
