// The form for a message, with a script: it goes under the comment that is answered; the toolbar, the counter, the draft.

import { sendFrom } from "./send.js";

const form = document.getElementById("postez");
const fields = form.elements;
const { reply_to: replyTo, text } = fields;
const [replying, toolbar, counter] = form.querySelectorAll("[data-replying], [data-toolbar], [data-counter]");
const home = document.createComment("");
form.after(home);

const find = (id) => document.getElementById(`comment-${id}`) ?? document.getElementById(id);
const answered = () => form.parentNode !== home.parentNode && form.parentNode.querySelector(".comment");
const answer = (id) => {
  const comment = id ? find(id) : null;
  replyTo.value = comment ? id : "";
  replying.hidden = !comment;
  replying.firstElementChild.textContent = comment?.querySelector("h4").textContent;
  return comment;
};
const move = (id) => {
  const comment = answer(id);
  if (comment) comment.after(form);
  else home.before(form);
  follow();
  save();
};

// Answer the comment that `link` stands in.
export const reply = (link) => {
  move(link.parentElement.id.replace("comment-", ""));
  form.scrollIntoView();
  (fields.author.value ? text : fields.author).focus({ preventScroll: true });
};

// A draft that answers a comment has come back where the form is at home: a link to the form leaves it as it is.
for (const way of document.querySelectorAll("[data-cancel], [href='#postez']")) {
  way.addEventListener("click", () => {
    const comment = answered();
    if (!way.form && !comment) return;
    move();
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

// Kept in this browser alone, without the e-mail address, until the receipt is seen. A page of another host shows a receipt
// that this one does not see: what is sent there (`left` is when) is forgotten after a day.
const key = `labo-draft:${fields.article.value}`;
const kept = ["author", "website", "text", "reply_to"];
const save = (left = 0) => {
  const draft = Object.fromEntries(kept.map((name) => [name, fields[name]?.value]));
  try {
    if (text.value.trim()) localStorage.setItem(key, JSON.stringify({ ...draft, left }));
    else localStorage.removeItem(key);
  } catch {} // storage may be full or forbidden
};

const follow = sendFrom(form, {
  leave: () => save(Date.now()),
  // The message was kept: the form is there for another one, at home, where the receipt does not go.
  done: () => {
    text.value = "";
    move();
    count();
  },
});

try {
  const draft = JSON.parse(localStorage.getItem(key));
  if (draft?.left && Date.now() - draft.left > 86_400_000) localStorage.removeItem(key);
  else if (draft && !text.value && [draft.reply_to, ""].includes(replyTo.value)) {
    for (const name of kept) if (name !== "reply_to" && fields[name]) fields[name].value = draft[name] ?? "";
    if (!replyTo.value) answer(draft.reply_to); // the form stays: nobody asked for it there
  }
} catch {}
form.addEventListener("input", () => (save(), count()));
count();
