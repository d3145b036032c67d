// A message is sent without leaving its page: the preview, what is wrong, the receipt are taken out of the page that the
// inbox answers with, and stand above the form. Where that cannot be, the form is sent as it would be without a script.

const PATIENCE = 30_000; // milliseconds
const PARTS = "#preview, .receipt, .problems"; // of a page of the inbox
const NAMES = ["author", "email", "website", "text", "reply_to"];

// Send from `form`; `done` is called once the message is kept, `leave` before the page is left for an inbox elsewhere.
// Returns what brings the parts along when the form has moved.
export const sendFrom = (form, { done, leave }) => {
  const fields = form.elements;
  const isElsewhere = new URL(form.action).origin !== location.origin;
  const typed = (property = "value") => JSON.stringify(NAMES.map((name) => fields[name]?.[property]));
  let preview = document.getElementById("preview");
  let problems = document.querySelector(".problems");
  let seen = typed("defaultValue"); // what the preview shows
  let button; // that was pressed, while the answer is waited for
  let isPlain = false; // the form is sent without this script
  let isBarred = false; // by the policy of the page, or by an inbox that does not let its answers be read

  const freshen = () => {
    for (const one of fields) if (one.type === "submit") one.disabled = !!button;
    if (!preview) return;
    const isStale = typed() !== seen;
    const [notice, confirm] = preview.querySelectorAll("[data-stale], [name=token]");
    preview.classList.toggle("stale", isStale);
    notice.hidden = !isStale;
    confirm.disabled = isStale || !!button;
  };

  const place = (part, before = form) => {
    part.removeAttribute("autofocus");
    before.before(part);
    part.focus({ preventScroll: true });
    part.scrollIntoView();
  };

  // What a word of the preview opens is not on the page of an article that does not have this word.
  const fetchTerms = (page) => {
    for (const word of preview.querySelectorAll("[popovertarget]")) {
      const id = word.getAttribute("popovertarget");
      const card = !document.getElementById(id) && page.getElementById(id);
      if (card) form.closest("main").append(card);
    }
  };

  const showErrors = (page) => {
    if (!page.getElementById("postez")) return;
    for (const name of NAMES) {
      const [mine, theirs] = [fields[name], page.getElementById(name)];
      if (!mine || !theirs) continue;
      for (const attribute of ["aria-invalid", "aria-describedby"]) {
        const value = theirs.getAttribute(attribute);
        if (value) mine.setAttribute(attribute, value);
        else mine.removeAttribute(attribute);
      }
      document.getElementById(`${name}-error`)?.remove();
      const error = page.getElementById(`${name}-error`);
      if (error) form.querySelector(`[for=${name}]`).after(error);
    }
  };

  const showReceipt = (page, receipt, sent) => {
    const title = document.createElement("h3");
    title.textContent = page.querySelector("h1").textContent;
    receipt.prepend(title);
    preview?.remove();
    preview = null;
    const isSame = typed() === sent;
    place(receipt);
    import("./sent.js").then(({ settle }) => settle(), () => {}).finally(() => isSame && done());
  };

  const show = (page, status, sent) => {
    const part = page?.querySelector(PARTS);
    problems?.remove();
    problems = null;
    if (!part) {
      problems = document.createElement("section");
      Object.assign(problems, { className: "problems", tabIndex: -1 });
      problems.setAttribute("role", "alert");
      problems.append(Object.assign(document.createElement("p"), { textContent: form.dataset.failed }));
      place(problems);
      return;
    }
    showErrors(page);
    if (part.matches(".receipt")) showReceipt(page, part, sent);
    else if (part.matches(".problems")) {
      if (status < 429) { // another time the same message may pass: it stays as it was seen
        preview?.remove();
        preview = null;
      }
      place((problems = part));
    } else {
      preview?.remove();
      preview = part;
      seen = sent;
      fetchTerms(page);
      place(preview);
    }
  };

  const sendPlainly = (pressed) => {
    if (isElsewhere) leave();
    isPlain = true;
    form.requestSubmit(pressed);
    isPlain = false;
  };

  form.addEventListener("submit", async (event) => {
    if (isPlain) return;
    event.preventDefault();
    if (button) return;
    const pressed = event.submitter ?? form.querySelector("[type=submit]");
    if (isBarred) return sendPlainly(pressed);
    const sent = typed();
    const body = new URLSearchParams(new FormData(form));
    if (pressed.name) body.set(pressed.name, pressed.value);
    button = pressed;
    button.setAttribute("aria-busy", "true");
    freshen();
    const bar = () => (isBarred = true);
    document.addEventListener("securitypolicyviolation", bar);
    let page, status;
    try {
      const answer = await fetch(form.action, { method: "POST", body, signal: AbortSignal.timeout?.(PATIENCE) });
      status = answer.status;
      page = new DOMParser().parseFromString(await answer.text(), "text/html");
    } catch {
      await new Promise((tick) => setTimeout(tick)); // the violation is told after the failure
    }
    document.removeEventListener("securitypolicyviolation", bar);
    button.removeAttribute("aria-busy");
    button = null;
    freshen();
    if (isBarred) return sendPlainly(pressed);
    isBarred = isElsewhere && !page; // an inbox that is away, or one that lets nothing be read: next time plainly
    show(page, status, sent);
    freshen();
  });
  form.addEventListener("input", freshen);

  // The form is as the rest of the page will look when parts come.
  if (!document.querySelector("link[href$='/inbox.css']")) {
    const link = document.createElement("link");
    Object.assign(link, { rel: "stylesheet", href: new URL("inbox.css", import.meta.url) });
    document.querySelector("link[href$='/article.css']")?.after(link);
  }

  return () => {
    for (const part of [preview, problems]) if (part) form.before(part);
    freshen();
  };
};
