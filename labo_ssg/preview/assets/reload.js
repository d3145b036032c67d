// Reloads the page when a build has ended. The server sends the number of the version it shows.
const shown = document.currentScript.dataset.version;
new EventSource("/_labo/events").addEventListener("message", (event) => {
  if (event.data !== shown) location.reload();
});
