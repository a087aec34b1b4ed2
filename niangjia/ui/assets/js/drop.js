// A file dropped anywhere on a page with a drop zone goes into the zone's input; without script the input takes it alone.
import { say } from "./requests.js";

const zone = () => document.querySelector("[data-drop]");
const carries = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files");
const units = ["B", "KB", "MB", "GB"];

function size(bytes) {
  let [amount, unit] = [bytes, 0];
  for (; amount >= 1024 && unit < units.length - 1; unit++) amount /= 1024;
  return `${amount.toFixed(unit ? 1 : 0)} ${units[unit]}`;
}

function show(drop, file) {
  const place = drop.querySelector("[data-drop-name]");
  place.dataset.empty ??= place.textContent;
  place.textContent = file ? `${file.name}（${size(file.size)}）` : place.dataset.empty;
  drop.toggleAttribute("data-filled", Boolean(file));
}

// An input without a file again: its own clearing also empties `files`.
function refuse(drop, input, text) {
  input.value = "";
  show(drop, null);
  say(text);
}

for (const name of ["dragenter", "dragover"]) {
  document.addEventListener(name, (event) => {
    if (!zone() || !carries(event)) return;
    event.preventDefault();
    zone().toggleAttribute("data-over", true);
  });
}

document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) zone()?.removeAttribute("data-over");
});

document.addEventListener("drop", (event) => {
  const drop = zone();
  if (!drop || !carries(event)) return;
  event.preventDefault();
  drop.removeAttribute("data-over");
  const input = drop.querySelector("input[type=file]");
  if (event.dataTransfer.files.length !== 1) return refuse(drop, input, "一次请只放一个文件。");
  input.files = event.dataTransfer.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
  input.focus();
  return undefined;
});

document.addEventListener("change", (event) => {
  const drop = event.target.closest("[data-drop]");
  if (!drop) return;
  const file = event.target.files[0];
  if (file && file.size > Number(drop.dataset.most)) refuse(drop, event.target, `文件太大（${size(file.size)}），最大 ${size(Number(drop.dataset.most))}，请拆分后再传。`);
  else show(drop, file);
});

// A large file takes its time: say so, and take no second press.
document.addEventListener("submit", (event) => {
  const drop = event.target.querySelector("[data-drop]");
  const file = drop?.querySelector("input").files[0];
  if (!file) return;
  drop.querySelector("[data-drop-name]").textContent = `正在上传 ${file.name}…`;
  event.target.querySelector("button:not([type=button])")?.setAttribute("aria-disabled", "true");
});
