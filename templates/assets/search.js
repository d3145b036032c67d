// The search page: asks Pagefind's index and shows what it answers. Nothing of Pagefind is loaded before the first question.

const form = document.querySelector("[data-search]");
const input = form.elements.q;
const said = form.dataset; // the sentences of the page, in its language
const [status, list, more, elsewhere] = ["status", "results", "more", "elsewhere"].map((name) =>
  document.querySelector(`[data-search-${name}]`),
);
const language = document.documentElement.lang;
const PAGE = 10; // results shown at once
const PASSAGES = 3; // of one article, under its own excerpt
const PAUSE = 250; // milliseconds without a key before a question is asked

// The index holds other letters where Pagefind would not find the words; soft hyphens tell them apart (build/search.py).
const LETTERS = { "\u00ad'": "’", "o\u00ade": "œ", "O\u00ade": "Œ", "\u00ad": "" };
const plain = (text) => Object.entries(LETTERS).reduce((done, [instead, letter]) => done.replaceAll(instead, letter), text);
const ELIDED = "(?:[cdjlmnst]|(?:jus|lors|puis|quoi)?qu)\u00ad?['’]";
const asked = (text) =>
  text.replace(new RegExp(`(?<!\\p{L})${ELIDED}(?=\\p{L})`, "giu"), "").replaceAll("œ", "oe").replaceAll("Œ", "OE");
const letters = (text) => asked(plain(text).normalize("NFD").toLowerCase()).replace(/[^\p{L}\p{N}\s]/gu, "");

const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const element = (name, properties, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};

// Paths come as they are on the disk: what means something else in an address is escaped.
const address = (path) => path.replace(/[?#]|%(?![\da-f]{2})/gi, encodeURIComponent);

// A word that Pagefind does not know, it takes for its longest beginning that it does ("unesco" for "une"): no answer.
const answers = (query, found) => {
  const texts = found.flatMap(({ content, locations, meta }) => {
    const words = content.split(/\s+/);
    return [...locations.map((at) => words[at]), ...Object.values(meta)];
  });
  const matched = letters(texts.join(" "));
  const terms = letters(query).split(/\s+/);
  return terms.every((term) => matched.includes(term.slice(0, Math.max(3, Math.min(6, Math.ceil(term.length * 0.65))))));
};

// Of an excerpt's tags only Pagefind's own <mark> can be left: what the text holds comes escaped.
const marked = (excerpt) => {
  const pieces = excerpt
    .replace(/^[\s.,;:?!»)]+/, "")
    .replace(new RegExp(`<mark>(${ELIDED})`, "giu"), "$1<mark>")
    .replace(/([.,…?!»)]+)<\/mark>/g, "</mark>$1")
    .split(/<mark>(.*?)<\/mark>/s)
    .map((piece) => plain(piece.replaceAll("&lt;", "<").replaceAll("&gt;", ">")));
  pieces.push(pieces.pop().replace(/[\s,;:«(]+$/, ""));
  const text = pieces.join("");
  const nodes = pieces.map((piece, at) => (at % 2 ? element("mark", {}, piece) : piece));
  return [/^\p{Ll}/u.test(text) ? "…" : "", ...nodes, /[\p{L}\p{N}]$/u.test(text) ? "…" : ""];
};

// The heading of a comment names its author; the place to go to is the comment around it.
const passage = ({ title, excerpt, anchor }, { url, meta, anchors }) => {
  const comment = anchors.find((one) => one.element === "article" && anchor.id === `${one.id}-title`);
  const name = comment ? fill(said.comment, { author: plain(title) }) : plain(title);
  const href = `${address(url)}#${encodeURIComponent(plain(comment?.id ?? anchor.id))}`;
  const heading = title.replace(/\s+/g, " ");
  const text = excerpt.startsWith(heading) ? excerpt.slice(heading.length) : excerpt;
  return element("li", {}, element("a", { href }, name), " ", element("span", { lang: meta.language || language, dir: "auto" }, ...marked(text)));
};

const result = (found) => {
  const { url, meta, excerpt, sub_results: passages } = found;
  const lang = meta.language || language;
  const made = element("li", {}, element("h2", { lang, dir: "auto" }, element("a", { href: address(url) }, plain(meta.title))));
  const about = ["section", "date"].filter((name) => meta[name]);
  if (about.length) {
    const names = about.map((name) => element("span", { className: name === "section" ? "kicker" : "" }, plain(meta[name])));
    made.prepend(element("p", { className: "entry-meta" }, ...names));
  }
  const beginning = passages.find((one) => !one.anchor);
  const inside = passages.filter((one) => one.anchor);
  const best = [...inside].sort((one, other) => other.locations.length - one.locations.length).slice(0, PASSAGES);
  if (beginning || !best.length) made.append(element("p", { className: "excerpt", lang, dir: "auto" }, ...marked(beginning?.excerpt ?? excerpt)));
  if (best.length) made.append(element("ul", {}, ...inside.filter((one) => best.includes(one)).map((one) => passage(one, found))));
  return made;
};

let turn = 0; // what comes for an older question is dropped
let waiting; // results not shown yet
let pagefind;

const load = (results) => Promise.all(results.slice(0, PAGE).map((one) => one.data()));
const show = (sentence, found, rest) => {
  status.textContent = sentence;
  list.replaceChildren(...found.map(result));
  waiting = rest;
  more.hidden = !rest.length;
};
const fail = () => {
  show(said.failed, [], []);
  elsewhere.classList.add("shown");
};

const search = async () => {
  const mine = ++turn;
  const query = input.value.trim();
  history.replaceState(null, "", query ? `?q=${encodeURIComponent(query)}` : location.pathname);
  elsewhere.classList.remove("shown");
  if (!query) return show("", [], []);
  let results;
  let found;
  try {
    if (!pagefind) status.textContent = said.loading;
    pagefind ??= await import(said.search);
    ({ results } = await pagefind.search(asked(query)));
    found = await load(results);
  } catch {
    if (mine === turn) fail();
    return;
  }
  if (mine !== turn) return;
  const count = answers(query, found) ? results.length : 0;
  const sentence = [said.none, said.one][count] ?? said.many;
  show(fill(sentence, { count: count.toLocaleString(language), query }), count ? found : [], count ? results.slice(PAGE) : []);
  elsewhere.classList.toggle("shown", !count);
};

const showMore = async () => {
  const mine = turn;
  const rest = waiting;
  let found;
  try {
    found = await load(rest);
  } catch {
    if (mine === turn) fail();
    return;
  }
  if (mine !== turn || rest !== waiting) return;
  const items = found.map(result);
  list.append(...items);
  items[0].querySelector("a").focus();
  waiting = rest.slice(PAGE);
  more.hidden = !waiting.length;
};

// Where it has to start without its worker, Pagefind lets go of a promise: search() tells of the same failure.
addEventListener("unhandledrejection", (event) => {
  if (/pagefind/i.test(event.reason?.message)) event.preventDefault();
});

let timer = 0;
input.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(search, PAUSE);
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(timer);
  search();
});
more.addEventListener("click", showMore);

input.value = new URLSearchParams(location.search).get("q") ?? "";
if (input.value.trim()) search();
