// The form for a message, with a script: it goes under the comment that is answered; the toolbar, the counter, the draft.

const form = document.getElementById("postez");
const fields = form.elements;
const { reply_to: replyTo, text } = fields;
const [replying, toolbar, counter] = form.querySelectorAll("[data-replying], [data-toolbar], [data-counter]");
const home = document.createComment("");
form.before(home);

const find = (id) => document.getElementById(`comment-${id}`) ?? document.getElementById(id);
const answer = (id) => {
  const comment = id ? find(id) : null;
  replyTo.value = comment ? id : "";
  replying.hidden = !comment;
  replying.firstElementChild.textContent = comment?.querySelector("h4").textContent;
  return comment ?? home;
};

// Answer the comment that `link` stands in.
export const reply = (link) => {
  answer(link.parentElement.id.replace("comment-", "")).after(form);
  save();
  form.scrollIntoView();
  (fields.author.value ? text : fields.author).focus({ preventScroll: true });
};

// A draft that answers a comment has come back where the form is at home: a link to the form leaves it as it is.
for (const way of document.querySelectorAll("[data-cancel], [href='#postez']")) {
  way.addEventListener("click", () => {
    const comment = form.previousElementSibling?.closest(".comment");
    if (!way.form && !comment) return;
    answer().after(form);
    save();
    if (way.form) (comment?.querySelector(".reply") ?? text).focus();
  });
}

toolbar.addEventListener("click", ({ target }) => {
  const [before, after] = target.closest("[data-around]")?.dataset.around.split("…") ?? [];
  if (!before) return;
  const { selectionStart: start, selectionEnd: end } = text;
  const typed = before + text.value.slice(start, end) + after;
  text.focus();
  if (!document.execCommand("insertText", false, typed)) text.setRangeText(typed, start, end); // the first can be undone
  text.setSelectionRange(start + before.length, end + before.length);
  text.dispatchEvent(new Event("input", { bubbles: true }));
});

const count = () => {
  const left = text.maxLength - text.value.length;
  counter.hidden = !text.value;
  counter.textContent = counter.dataset[left < 2 ? "one" : "many"].replace("{count}", left.toLocaleString(document.documentElement.lang));
};

// Kept in this browser alone, without the e-mail address; forgotten an hour after it was sent.
const key = `labo-draft:${fields.article.value}`;
const kept = ["author", "website", "text", "reply_to"];
const save = (sent = 0) => {
  const draft = Object.fromEntries(kept.map((name) => [name, fields[name].value]));
  try {
    if (text.value.trim()) localStorage.setItem(key, JSON.stringify({ ...draft, sent }));
    else localStorage.removeItem(key);
  } catch {} // storage may be full or forbidden
};
try {
  const draft = JSON.parse(localStorage.getItem(key));
  if (draft?.sent && Date.now() - draft.sent > 3600_000) localStorage.removeItem(key);
  else if (draft && !text.value && !replyTo.value) {
    for (const name of kept) fields[name].value = draft[name] ?? "";
    answer(draft.reply_to); // the form stays: nobody asked for it there
  }
} catch {}
form.addEventListener("input", () => (save(), count()));
form.addEventListener("submit", () => save(Date.now()));
count();
