// Buttons with data-opens show the <dialog> of that id, data-closes closes the dialog around; data-menu moves the sidebar on a phone.
function menu(open) {
  for (const id of ["sidebar", "veil"]) document.getElementById(id)?.toggleAttribute("data-open", open);
  if (open) document.querySelector("#sidebar a, #sidebar button")?.focus();
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) {
    for (const around of document.querySelectorAll("details[open]")) if (around.contains(opener)) around.open = false;
    const dialog = document.getElementById(opener.dataset.opens);
    dialog?.showModal();
    return;
  }
  const closer = event.target.closest("[data-closes]");
  if (closer) {
    closer.closest("dialog")?.close();
    return;
  }
  const mover = event.target.closest("[data-menu]");
  if (mover) menu(mover.dataset.menu === "open");
  else if (event.target.closest("[data-print]")) window.print();
  else if (event.target.matches("dialog.box")) {
    // A click on the veil around a box closes it.
    const box = event.target.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside) event.target.close();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") menu(false);
});

// A form in a dialog that htmx sent and that succeeded closes its dialog.
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful && event.detail.requestConfig.verb !== "get") event.detail.elt.closest?.("dialog.box")?.close();
});

// A dialog that came back with a mistake in it.
document.addEventListener("DOMContentLoaded", () => document.querySelector("dialog[data-shown]")?.showModal());
