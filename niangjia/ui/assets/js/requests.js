// What happens around htmx's requests: errors become a toast with what to do.
const toasts = () => document.getElementById("toasts");

export function say(text) {
  // A page that asks every second would else fill the screen.
  if ([...(toasts()?.children ?? [])].some((one) => one.textContent === text)) return;
  const box = document.createElement("div");
  box.className = "toast w-full max-w-md";
  box.setAttribute("x-data", "toast");
  box.textContent = text;
  toasts()?.append(box);
}

document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  if (xhr.status < 400 || xhr.status === 422) return;
  event.detail.shouldSwap = false;
  if (xhr.getResponseHeader("X-Toast")) toasts()?.insertAdjacentHTML("beforeend", xhr.responseText);
  else say("服务器暂时没能处理，请稍后再试；多次出现请联系系统管理员。");
});
document.addEventListener("htmx:sendError", () => say("网络不通，请检查网络后再试。"));
document.addEventListener("htmx:timeout", () => say("等待太久没有回应，请稍后再试。"));
