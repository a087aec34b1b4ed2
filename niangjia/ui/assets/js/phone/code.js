// 获取验证码 without leaving the page, and a minute's wait on the button.
const button = document.querySelector("[data-send-code]");

if (button) {
  const form = button.form;
  const said = document.getElementById("code-said");
  const label = button.textContent;

  const wait = (seconds) => {
    button.disabled = seconds > 0;
    button.textContent = seconds > 0 ? `${seconds} 秒后可重发` : label;
    if (seconds > 0) setTimeout(wait, 1000, seconds - 1);
  };

  button.addEventListener("click", async (event) => {
    event.preventDefault();
    if (form.elements.phone && !form.elements.phone.reportValidity()) return;
    const data = new FormData(form);
    data.delete("photos"); // a code needs none of them
    data.set("send", "1");
    data.delete("_once");
    button.disabled = true;
    try {
      const answer = await fetch(form.action || location.href, {
        method: "POST", body: data, headers: { Accept: "application/json" }, credentials: "same-origin",
      });
      if (!(answer.headers.get("Content-Type") ?? "").includes("json")) throw new Error(answer.status);
      const { text, seconds } = await answer.json();
      said.textContent = text;
      wait(seconds);
      if (answer.ok) form.elements.code.focus();
    } catch {
      said.textContent = "网络不通或页面已过期，请刷新后再试。";
      wait(0);
    }
  });
}
