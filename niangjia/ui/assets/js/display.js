// Colours, size of text, spacing: at once on the page, and in a cookie that the server reads for the next one.
const year = 365 * 24 * 3600;
const apply = {
  theme: (value) => document.documentElement.setAttribute("data-theme", value === "dark" ? "union-dark" : "union"),
  text: (value) => document.documentElement.toggleAttribute("data-large", value === "large"),
  rows: (value) => document.documentElement.toggleAttribute("data-dense", value === "dense"),
};

export function remember(name, value) {
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `${name}=${value}; path=/; max-age=${value ? year : 0}; samesite=lax${secure}`;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-display]");
  if (!button) return;
  event.preventDefault(); // without a script it sends a form instead
  const [off, on] = button.dataset.values.split(" ");
  const pressed = button.getAttribute("aria-pressed") !== "true";
  for (const same of document.querySelectorAll(`[data-display="${button.dataset.display}"]`)) {
    same.setAttribute("aria-pressed", String(pressed));
    const state = same.querySelector("[data-state]");
    if (state) state.textContent = pressed ? "开" : "关";
  }
  apply[button.dataset.display](pressed ? on : off);
  remember(button.dataset.display, pressed ? on : off);
});
