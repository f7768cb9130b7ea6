// What the page runs first: it lets the frame be painted, and only then has the application fetched, so that no request of its modules is
// in the way.

/** The build names what the first view imports: asked for all at once, and not import by import. */
function fetchAll() {
  for (const link of document.querySelectorAll("link[rel=later]")) link.setAttribute("rel", "modulepreload");
  import("./main.js");
}

// A page behind another is not painted, and is not to wait for it.
if (document.hidden) fetchAll();
else requestAnimationFrame(() => setTimeout(fetchAll));
