// What the page runs first: it lets the frame be seen, and only then has the application fetched, so that neither its requests nor its
// compiling is in the way of the first paint.

let begun = false;

/** The build names what the first view imports: asked for all at once, and not import by import. */
function fetchAll() {
  if (begun) return;
  begun = true;
  for (const link of document.querySelectorAll("link[rel=later]")) link.setAttribute("rel", "modulepreload");
  import("./main.js");
}

// A page behind another is not painted, and is not to wait for it.
const behind = () => document.hidden && fetchAll();
behind();
addEventListener("visibilitychange", behind);
if (PerformanceObserver.supportedEntryTypes.includes("paint")) new PerformanceObserver(fetchAll).observe({ type: "paint", buffered: true });
else requestAnimationFrame(() => setTimeout(fetchAll));
