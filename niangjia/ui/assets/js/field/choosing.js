// Something changed meanwhile: both versions side by side, and the officer chooses. What isn't chosen goes along as set aside.
const MEANS = {
  planned: { mine: "这次走访就算完成了这项安排。", theirs: "安排照现在的留着，这次走访另记一笔。", both: "算完成了这项安排，类型在上面选。" },
  employer: { mine: "您在现场问到的报上去，有权的人确认以后更新。", theirs: "单位资料照现在的，不报更改。", both: "上面逐项选：选左边的报上去，选右边的不改。" },
  form: { mine: "按您填的那张表交。", theirs: "换成新表：对得上的答案带过去，新问题要补答。", both: "换成新表，对不上的答案写进小结里。" },
  together: { mine: "两份记录都留着。", theirs: "这次记为和同事同行。" },
  visit: { mine: "用手机里的改写已经送到的那份。", theirs: "已经送到的那份不改。" },
};
const AUTHOR = "改动"; // who changed it: said above, nothing to choose

const given = (answer) => ![undefined, null, ""].includes(answer) && !(Array.isArray(answer) && !answer.length);
const sameQuestion = (one, other, answer) =>
  one.key === other.key && one.type === other.type &&
  (!given(answer) || !other.options || [answer].flat().every((option) => other.options.includes(option)));

export default () => ({
  choices: {},

  get differences() {
    return this.row?.conflict?.differences ?? [];
  },
  get fieldLabels() {
    return this.data?.fields ?? {};
  },
  // What the phone knew, with what was learnt there.
  mineOf(one) {
    const { content } = this;
    if (one.subject === "planned") return { 单位: content._employer.name, 走访人: this.known.name, 说明: content._note, ...one.mine };
    if (one.subject !== "employer") return one.mine;
    const facts = content._employer.facts ?? [];
    const known = Object.fromEntries((this.data?.employer_labels ?? []).map((label, place) => [label, facts[place] ?? ""]));
    for (const { key, field } of content._form.questions) {
      const answer = content.answers[key];
      if (field && given(answer)) known[this.fieldLabels[field]] = String(answer);
    }
    return known;
  },
  linesOf(one) {
    const mine = this.mineOf(one);
    const labels = [...new Set([...Object.keys(mine), ...Object.keys(one.theirs)])];
    const lines = labels.map((label) => ({ label, mine: mine[label] ?? "", theirs: one.theirs[label] ?? "", own: this.isOwn(one, label) }));
    const kept = one.subject === "form" ? this.carriedOver() : new Set();
    return lines.filter((line) => line.mine !== line.theirs && line.label !== AUTHOR && !kept.has(line.label));
  },
  // The questions that the new form asks as well: their answers go along whatever is chosen.
  carriedOver() {
    const asked = this.row.conflict.now?.form?.questions ?? [];
    const { answers, _form } = this.content;
    return new Set(_form.questions.filter((one) => asked.some((other) => sameQuestion(one, other, answers[one.key]))).map(({ label }) => label));
  },
  authorOf(one) {
    return one.theirs[AUTHOR] ? `${one.theirs[AUTHOR]} 改的` : "";
  },
  meaning(one) {
    return MEANS[one.subject]?.[this.chosen(one)] ?? "";
  },
  mixes(one, line) {
    return this.chosen(one) === "both" && line.own;
  },
  // What the visit itself says, so that it may be kept or dropped line by line.
  isOwn(one, label) {
    if (one.subject === "planned") return label === "类型";
    if (one.subject !== "employer") return false;
    const { answers, _form } = this.content;
    return _form.questions.some(({ key, field }) => this.fieldLabels[field] === label && given(answers[key]));
  },
  mayMix(one) {
    return one.subject === "form" || this.linesOf(one).some((line) => line.own);
  },
  chosen(one) {
    return this.choices[one.subject]?.how ?? "";
  },
  choose(one, how) {
    const side = (own) => (how === "theirs" || (how === "both" && !own) ? "theirs" : "mine");
    const picks = Object.fromEntries(this.linesOf(one).map(({ label, own }) => [label, side(own)]));
    this.choices[one.subject] = { how, picks };
  },
  pick(one, label, side) {
    this.choices[one.subject].picks[label] = side;
  },
  picked(one, label) {
    return this.choices[one.subject]?.picks[label] ?? "";
  },
  get allChosen() {
    return this.differences.every((one) => this.chosen(one));
  },

  // The draft as it was chosen goes to the outbox again; where the choice asks further questions, back to the page first.
  async settleChoices() {
    const now = this.row.conflict.now ?? {};
    const { content } = this;
    const { kind } = content;
    for (const one of this.differences) {
      const { how, picks } = this.choices[one.subject];
      const aside = Object.fromEntries(
        this.linesOf(one).map(({ label, mine, theirs }) => [label, picks[label] === "theirs" ? mine : theirs]).filter(([, words]) => words),
      );
      if (one.subject === "planned") this.takePlan(how, picks, now.planned);
      if (one.subject === "employer" && now.employer) this.takeEmployer(how, picks, now.employer);
      if (one.subject === "form" && now.form && how !== "mine" && content.kind === kind) Object.assign(aside, this.takeForm(now.form, how === "both"));
      content.chosen_over[one.subject] = { mark: one.mark, kept: how === "theirs" ? "theirs" : "mine", aside };
    }
    this.choices = {};
    await this.guarded(() => this.outbox.keep(this.row));
    this.checked = this.check();
    if (Object.keys(this.checked).length) this.go("visit", this.row.id);
    else await this.handIn();
  },
  takePlan(how, picks, planned) {
    const { content } = this;
    if (planned) content.planned_version = planned.version;
    if (how === "both" && picks["类型"] === "theirs" && planned && planned.kind !== content.kind) {
      content.kind = planned.kind;
      this.formInto(content);
    }
  },
  takeEmployer(how, picks, employer) {
    const { content } = this;
    content.employer_mark = employer.mark;
    if (how !== "both") return; // 用现在的: the server proposes nothing
    for (const { key, field } of content._form.questions) if (field && picks[this.fieldLabels[field]] === "theirs") content.answers[key] = null;
  },
  // Answers go over where the new form asks the same; gives back what found no place, by its question.
  takeForm(form, intoSummary) {
    const { content } = this;
    const left = {};
    for (const one of content._form.questions) {
      const answer = content.answers[one.key];
      if (!given(answer) || form.questions.some((other) => sameQuestion(one, other, answer))) continue;
      left[one.label] = answer === true ? "是" : answer === false ? "否" : [answer].flat().join("、");
      content.answers[one.key] = null;
    }
    content._form = form;
    content.form_number = form.number;
    for (const { key, type } of form.questions) if (type === "many" && !Array.isArray(content.answers[key])) content.answers[key] = [];
    if (!intoSummary) return left;
    const words = Object.entries(left).map(([label, answer]) => `${label}：${answer}`);
    content.summary = [content.summary, ...words].filter(Boolean).join("\n");
    return {};
  },
});
