// The platform is asked only of those who work through one.
const trade = document.querySelector("[data-new-form]");
const part = document.querySelector("[data-platform]");

if (trade && part) {
  const codes = trade.dataset.newForm.split(" ");
  const show = () => part.classList.toggle("hidden", !codes.includes(trade.value));
  trade.addEventListener("change", show);
  show();
}
