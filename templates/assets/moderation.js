// The page of moderators works without this: here it counts what is ticked, ticks all at once, and sends a form once.

const form = document.querySelector("form.desk");
if (form) {
  const boxes = [...form.querySelectorAll("[name^='pick ']")];
  const count = form.querySelector("[data-count]");
  const all = form.querySelector("[data-all]");
  const bare = count?.textContent;
  const words = all?.textContent;
  const tell = () => {
    const ticked = boxes.filter((box) => box.checked).length;
    count.textContent = ticked ? count.dataset.count.replace("{count}", ticked) : bare;
    all.textContent = ticked === boxes.length ? all.dataset.all : words;
  };
  if (count && all) {
    form.addEventListener("change", tell);
    all.addEventListener("click", (event) => {
      event.preventDefault();
      const ticks = boxes.some((box) => !box.checked);
      for (const box of boxes) box.checked = ticks;
      tell();
    });
    tell();
  }
}
let sent = false;
addEventListener("submit", (event) => {
  if (sent) event.preventDefault();
  sent = true;
  event.submitter?.setAttribute("aria-busy", "true");
});
addEventListener("pageshow", () => { sent = false; }); // one came back to it
