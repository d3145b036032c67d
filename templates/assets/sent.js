// The thanks for a message name its article (data-sent): the draft that form.js kept has done its work. What is to be kept
// can be copied (data-copy; the text below the button's label, where it names none).

const copy = async (what) => {
  try {
    await navigator.clipboard.writeText(what);
  } catch { // not over plain HTTP
    const area = Object.assign(document.createElement("textarea"), { value: what });
    const focused = document.activeElement;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    focused.focus();
  }
};

export const settle = () => {
  for (const { dataset } of document.querySelectorAll("[data-sent]")) {
    try {
      localStorage.removeItem(`labo-draft:${dataset.sent}`);
    } catch {}
  }
  for (const button of document.querySelectorAll("[data-copy][hidden]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      await copy(button.dataset.copy || document.getElementById("text").value);
      button.nextElementSibling.textContent = button.dataset.done;
    });
  }
};
settle();
