// What was typed into a form with data-draft stays in this window until it was sent, whatever happens to the page.
const PREFIX = "draft:";
const LEFT_OUT = new Set(["_once", "csrfmiddlewaretoken"]);
const fieldsOf = (form) => [...form.elements].filter((one) => one.name && !LEFT_OUT.has(one.name) && !["file", "submit", "button"].includes(one.type));
const pickersOf = (form) => [...form.querySelectorAll("[data-source]")].map((root) => [root.querySelector("input[type=hidden]"), root.querySelector("[role=combobox]")]);

export function keep(form) {
  const said = fieldsOf(form).map((one) => [one.name, one.value, ["radio", "checkbox"].includes(one.type) ? one.checked : null]);
  const shown = pickersOf(form).map(([value, text]) => [value.name, text.value]);
  sessionStorage.setItem(PREFIX + form.dataset.draft, JSON.stringify({ said, shown }));
}

// A form that came back from the server is already filled.
export function restore(form) {
  const kept = sessionStorage.getItem(PREFIX + form.dataset.draft);
  if (!kept || form.hasAttribute("data-filled")) return false;
  const { said, shown } = JSON.parse(kept);
  for (const [name, value, checked] of said) {
    const fields = fieldsOf(form).filter((one) => one.name === name);
    const field = checked === null ? fields[0] : fields.find((one) => one.value === value);
    if (!field) continue;
    if (checked === null) field.value = value;
    else field.checked = checked;
  }
  for (const [name, text] of shown) {
    const picker = pickersOf(form).find(([value]) => value.name === name);
    if (picker) picker[1].value = text;
  }
  return true;
}

// data-forgets: this draft was sent. data-keeps: of drafts that begin like this only those named are still wanted.
document.addEventListener("DOMContentLoaded", () => {
  for (const mark of document.querySelectorAll("[data-forgets]")) sessionStorage.removeItem(PREFIX + mark.dataset.forgets);
  for (const mark of document.querySelectorAll("[data-keeps]")) {
    const wanted = new Set(mark.dataset.keeps.split(" ").map((name) => PREFIX + name));
    for (const key of Object.keys(sessionStorage)) {
      if (key.startsWith(PREFIX + mark.dataset.of) && !wanted.has(key)) sessionStorage.removeItem(key);
    }
  }
});
