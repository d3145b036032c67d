// An old address with a query ("/spip.php?article123") leads to its new one.
const query = decodeURIComponent(location.search.slice(1));
const links = [...document.querySelectorAll("a[data-query]")];
const link =
  links.find((link) => link.dataset.query === query) ??
  links.find((link) => query.startsWith(link.dataset.query + "&")) ??
  links.find((link) => link.dataset.query === "");
if (link) location.replace(link.href + location.hash);
