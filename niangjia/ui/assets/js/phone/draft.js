// What was typed outlives a refused form, a lost connection and an empty battery; it is gone once it was sent.
const MOST_DAYS = 3;
const key = (name) => `draft:${name}`;

for (const done of document.querySelectorAll("[data-draft-done]")) localStorage.removeItem(key(done.dataset.draftDone));

for (const form of document.querySelectorAll("form[data-draft]")) {
  // Never a name, a number or a code: the telephone may be somebody else's tomorrow.
  const fields = [...form.querySelectorAll("textarea, input[data-suggest]")];
  const place = key(form.dataset.draft);
  const said = form.querySelector("[data-draft-said]");
  let timer;

  const keep = () => {
    const words = fields.map((field) => field.value);
    if (words.some(Boolean)) localStorage.setItem(place, JSON.stringify({ at: Date.now(), words }));
    else localStorage.removeItem(place);
  };
  const bring = () => {
    const { at = 0, words = [] } = JSON.parse(localStorage.getItem(place) ?? "{}");
    if (Date.now() - at > MOST_DAYS * 864e5) return localStorage.removeItem(place);
    const brought = fields.filter((field, n) => !field.value && words[n] && ((field.value = words[n]), true));
    if (brought.length && said) said.textContent = "上次写的还在，可以接着写。";
  };

  try {
    bring();
    form.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(keep, 400);
    });
    form.addEventListener("submit", (event) => {
      keep();
      if (navigator.onLine) return;
      event.preventDefault();
      event.stopPropagation();
      if (said) said.textContent = "现在没有网络。写的内容已存在手机里，有了网再点提交。";
    });
  } catch {
    // A browser that keeps nothing: the form works all the same.
  }
}
