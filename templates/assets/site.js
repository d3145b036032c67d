// What a script can add to pages that work without it. No page needs this file.

const root = document.documentElement;
const language = root.lang;

// A table wider than its place scrolls: the keyboard must reach it.
for (const table of document.querySelectorAll(".prose table")) {
  if (table.scrollWidth > table.clientWidth) table.tabIndex = 0;
}

// Show what only a script can do, and print: the article, or its discussion (data-print="forum").
for (const item of document.querySelectorAll("[data-script]")) item.hidden = false;
for (const link of document.querySelectorAll("[data-print]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    root.dataset.printing = link.dataset.print;
    window.print();
  });
}
addEventListener("beforeprint", () => {
  for (const { dataset, lastElementChild } of document.querySelectorAll("[data-printed]")) {
    lastElementChild.textContent = dataset.printed.replace("{date}", new Date().toLocaleDateString(language, { dateStyle: "long" }));
  }
});
addEventListener("afterprint", () => delete root.dataset.printing);

// Glossary: hovering a term shows its card; arrow keys go from term to term in a text.
const canHover = matchMedia("(hover: hover) and (pointer: fine)").matches;
let hovered = null; // the card that hovering opened
let over = null; // the term it was opened from
let timer = 0;
const leave = () => {
  clearTimeout(timer);
  timer = setTimeout(() => {
    hovered?.hidePopover();
    hovered = null;
  }, 250);
};
for (const term of document.querySelectorAll("button.term")) {
  const card = document.getElementById(term.getAttribute("popovertarget"));
  if (!card?.showPopover) continue;
  term.addEventListener("click", (event) => {
    clearTimeout(timer);
    if (hovered === card) {
      event.preventDefault(); // the card is there already: a click keeps it, beside its own word
      if (over !== term) {
        card.hidePopover();
        card.showPopover({ source: term });
      }
    }
    hovered = null;
  });
  if (!canHover) continue;
  term.addEventListener("mouseenter", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (card.matches(":popover-open") && hovered !== card) return;
      if (hovered && (hovered !== card || over !== term)) hovered.hidePopover();
      if (!card.matches(":popover-open")) card.showPopover({ source: term });
      hovered = card;
      over = term;
    }, 350);
  });
  term.addEventListener("mouseleave", leave);
}
for (const card of document.querySelectorAll(".term-card")) {
  card.addEventListener("mouseenter", () => clearTimeout(timer));
  card.addEventListener("mouseleave", () => hovered === card && leave());
  card.addEventListener("toggle", (event) => {
    if (event.newState === "closed" && hovered === card) hovered = null;
  });
}
document.addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  const term = event.target.closest?.("button.term");
  if (!step || !term) return;
  const terms = [...(term.closest(".prose, .lead") ?? document).querySelectorAll("button.term")];
  const next = terms[terms.indexOf(term) + (root.dir === "rtl" ? -step : step)];
  if (!next) return;
  event.preventDefault();
  next.focus();
});

// The comment form: the target of a reply, the toolbar, the counter, the draft.
const form = document.querySelector("[data-comment-form]");
if (form) {
  const { reply_to: replyTo, text } = form.elements;
  const replying = form.querySelector("[data-replying]");
  const replyLink = (id) => id && document.querySelector(`[data-reply="${CSS.escape(id)}"]`);
  const replyToComment = (link) => {
    replyTo.value = link?.dataset.reply ?? "";
    replying.hidden = !link;
    replying.querySelector("[data-replying-to]").textContent = link?.dataset.author ?? "";
  };
  for (const link of document.querySelectorAll("[data-reply]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      replyToComment(link);
      form.scrollIntoView();
      (form.elements.author.value ? text : form.elements.author).focus({ preventScroll: true });
      save();
    });
  }
  form.querySelector("[data-cancel-reply]").addEventListener("click", () => {
    const link = replyLink(replyTo.value);
    replyToComment(null);
    link?.focus();
    save();
  });

  const toolbar = form.querySelector("[data-toolbar]");
  toolbar.hidden = false;
  toolbar.addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (!button) return;
    const { before, after } = button.dataset;
    const { selectionStart: start, selectionEnd: end } = text;
    text.setRangeText(before + text.value.slice(start, end) + after, start, end);
    text.focus();
    text.setSelectionRange(start + before.length, end + before.length);
    text.dispatchEvent(new Event("input", { bubbles: true }));
  });

  const counter = form.querySelector("[data-counter]");
  const count = () => {
    const left = text.maxLength - text.value.length;
    counter.hidden = !text.value;
    counter.textContent = (left < 2 ? counter.dataset.one : counter.dataset.many).replace("{count}", left.toLocaleString(language));
  };

  // Kept in this browser alone, without the e-mail address; forgotten an hour after it was sent.
  const key = `labo-draft:${form.elements.article.value}`;
  const kept = ["author", "website", "text", "reply_to"];
  const save = (sent = 0) => {
    const draft = Object.fromEntries(kept.map((name) => [name, form.elements[name].value]));
    try {
      if (draft.text.trim()) localStorage.setItem(key, JSON.stringify({ ...draft, sent }));
      else localStorage.removeItem(key);
    } catch {} // storage may be full or forbidden
  };
  try {
    const draft = JSON.parse(localStorage.getItem(key));
    if (draft?.sent && Date.now() - draft.sent > 3600_000) localStorage.removeItem(key);
    else if (draft && !text.value) {
      for (const name of kept) form.elements[name].value = draft[name] ?? "";
      replyToComment(replyLink(draft.reply_to));
    }
  } catch {}
  form.addEventListener("input", () => (save(), count()));
  form.addEventListener("submit", () => save(Date.now()));
  count();
}

// The page that thanks for a comment names its article: its draft has done its work.
for (const { dataset } of document.querySelectorAll("[data-sent]")) {
  try {
    localStorage.removeItem(`labo-draft:${dataset.sent}`);
  } catch {}
}
