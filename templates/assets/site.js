// What a script can add to pages that work without it. No page needs this file.

const root = document.documentElement;
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const byId = (id) => document.getElementById(id);
const on = (target, type, listener) => target.addEventListener(type, listener);

// A table wider than its place scrolls: the keyboard must reach it.
for (const table of all(".prose table")) {
  if (table.scrollWidth > table.clientWidth) table.tabIndex = 0;
}

// Print: the article, or its discussion (data-print="forum").
for (const link of all("[data-print]")) {
  on(link, "click", (event) => {
    event.preventDefault();
    root.dataset.printing = link.dataset.print;
    print();
  });
}
on(window, "beforeprint", () => {
  for (const { dataset, lastElementChild } of all("[data-printed]")) {
    lastElementChild.textContent = dataset.printed.replace("{date}", new Date().toLocaleDateString(root.lang, { dateStyle: "long" }));
  }
});
on(window, "afterprint", () => delete root.dataset.printing);

// Glossary: hovering a term shows its card; arrow keys go from term to term in a text.
const canHover = matchMedia("(hover: hover) and (pointer: fine)").matches;
let hovered; // the card that hovering opened
let over; // the term it was opened from
let timer;
const wait = (delay, action) => {
  clearTimeout(timer);
  timer = setTimeout(action, delay);
};
const leave = () => wait(250, () => hovered?.hidePopover());
for (const term of all("button.term")) {
  const card = byId(term.getAttribute("popovertarget"));
  if (!card?.showPopover) continue;
  on(term, "click", (event) => {
    clearTimeout(timer);
    if (hovered !== card) return;
    event.preventDefault(); // the card is there already: a click keeps it, beside its own word
    hovered = null;
    if (over === term) return;
    card.hidePopover();
    card.showPopover({ source: term });
  });
  if (!canHover) continue;
  on(term, "mouseenter", () =>
    wait(350, () => {
      if (hovered !== card || over !== term) hovered?.hidePopover();
      if (card.matches(":popover-open")) return;
      card.showPopover({ source: term });
      hovered = card;
      over = term;
    }),
  );
  on(term, "mouseleave", leave);
}
for (const card of all(".term-card")) {
  on(card, "mouseenter", () => clearTimeout(timer));
  on(card, "mouseleave", () => hovered === card && leave());
  // An item of a list leaves its place to be a card: the list keeps its height, the page stays where it is.
  const list = card.parentElement;
  on(card, "beforetoggle", ({ newState }) => {
    if (newState === "open") list.style.minHeight = `${list.offsetHeight}px`;
  });
  on(card, "toggle", ({ newState }) => {
    if (newState === "open") return;
    if (hovered === card) hovered = null;
    if (!list.querySelector(":popover-open")) list.style.minHeight = "";
  });
}
on(document, "keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  const term = event.target.closest?.("button.term");
  if (!step || !term) return;
  const terms = all("button.term", term.closest(".prose, .lead") ?? document);
  const next = terms[terms.indexOf(term) + (root.dir === "rtl" ? -step : step)];
  if (!next) return;
  event.preventDefault();
  next.focus();
});

// The form for a message has a script of its own, for those who come near it or answer a comment.
const form = document.querySelector("form#postez");
const enhance = () => import("./form.js");
if (form) {
  new IntersectionObserver(([entry], self) => {
    if (!entry.isIntersecting) return;
    self.disconnect();
    enhance();
  }, { rootMargin: "100%" }).observe(form);
  for (const link of all(".reply")) {
    on(link, "click", (event) => {
      if (event.ctrlKey || event.shiftKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      enhance().then(({ reply }) => reply(link), () => location.assign(link.href));
    });
  }
}
