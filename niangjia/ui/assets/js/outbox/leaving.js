// After the log-out nobody's drafts are shown on this phone until somebody logs in; they stay where they are.
document.addEventListener("submit", (event) => {
  if (event.target.getAttribute("action") === "/accounts/logout/") localStorage.removeItem("outbox:owner");
});
