// What aria-keyshortcuts announces also works, in fields as well: a button or link is pressed, a field gets the focus.
const combination = (event) => {
  const key = /^Key[A-Z]$/.test(event.code) ? event.code[3] : event.code === "Slash" ? "/" : event.key;
  return [event.altKey && "Alt", event.shiftKey && "Shift", key].filter(Boolean).join("+");
};
const PRESSED = "a, button, summary, input[type=radio], input[type=checkbox]";

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.metaKey || !(event.altKey || /^F\d+$/.test(event.key))) return;
  const around = document.querySelector("dialog:modal") ?? document;
  const found = [...around.querySelectorAll(`[aria-keyshortcuts~="${CSS.escape(combination(event))}"]`)];
  const target = found.find((one) => one.offsetParent !== null && !one.disabled);
  if (!target) return;
  event.preventDefault();
  target.focus();
  if (target.matches(PRESSED) && !target.hasAttribute("data-focus-only")) target.click();
});

// In a group marked data-walk the arrow keys go from one to the next.
document.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const group = step && event.target.closest?.("[data-walk]");
  if (!group || event.altKey || event.target.matches("input, textarea, select")) return;
  const all = [...group.querySelectorAll("a, button")].filter((one) => one.offsetParent !== null);
  const next = all[all.indexOf(event.target) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
});
