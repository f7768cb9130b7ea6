// What the page runs first: it lets the frame be painted, and only then has the application fetched, so that no request of its files is in
// the way.

/** The build names the style and what the first view imports: asked for all at once, and not import by import. */
function fetchAll() {
  const begin = () => void import("./main.js");
  for (const link of /** @type {NodeListOf<HTMLLinkElement>} */ (document.querySelectorAll("link[rel=later]"))) {
    const style = link.href.endsWith(".css");
    // Nothing is shown without its style, unless that cannot be had.
    if (style) link.onload = link.onerror = begin;
    link.rel = style ? "stylesheet" : "modulepreload";
  }
}

// A page behind another is not painted, and is not to wait for it.
if (document.hidden) fetchAll();
else requestAnimationFrame(() => setTimeout(fetchAll));
