// The page that thanks for a comment names its article (data-sent): the draft that form.js kept has done its work.
for (const { dataset } of document.querySelectorAll("[data-sent]")) {
  try {
    localStorage.removeItem(`labo-draft:${dataset.sent}`);
  } catch {}
}
