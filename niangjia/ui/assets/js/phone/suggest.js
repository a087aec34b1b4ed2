// Names that begin to be typed are completed from the server; what is typed may stay as it is.
for (const input of document.querySelectorAll("input[data-suggest]")) {
  const list = document.getElementById(input.getAttribute("aria-controls"));
  let timer;
  let asked = 0;

  const close = () => {
    list.replaceChildren();
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const take = (name) => {
    input.value = name;
    close();
    input.focus();
  };
  const show = (found) => {
    list.replaceChildren(
      ...found.map(({ name, note }, place) => {
        const option = document.createElement("button");
        option.type = "button";
        option.id = `${list.id}-${place}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.tabIndex = -1;
        option.textContent = name;
        if (note) {
          const small = document.createElement("span");
          small.className = "block text-sm muted";
          small.textContent = note;
          option.append(small);
        }
        option.addEventListener("click", () => take(name));
        return option;
      }),
    );
    input.setAttribute("aria-expanded", String(found.length > 0));
  };
  const look = async () => {
    const text = input.value.trim();
    const mine = ++asked;
    if (text.length < 2) return close();
    try {
      const answer = await fetch(`${input.dataset.suggest}?q=${encodeURIComponent(text)}`, { credentials: "same-origin" });
      if (answer.ok && mine === asked) show(await answer.json());
    } catch {
      close();
    }
  };
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, 250);
  });
  input.addEventListener("keydown", (event) => {
    const options = [...list.children];
    const at = options.findIndex((one) => one.getAttribute("aria-selected") === "true");
    if (event.key === "Escape") close();
    if (event.key === "Enter" && at >= 0) {
      event.preventDefault();
      options[at].click();
    }
    if (!options.length || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
    event.preventDefault();
    const next = options[(at + (event.key === "ArrowDown" ? 1 : -1) + options.length) % options.length];
    for (const one of options) one.setAttribute("aria-selected", String(one === next));
    input.setAttribute("aria-activedescendant", next.id);
  });
  document.addEventListener("click", (event) => {
    if (event.target !== input && !list.contains(event.target)) close();
  });
}
