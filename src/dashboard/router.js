// What is shown stands in the address after `#`, so that it can be kept, sent and gone back to: `#/lineage?urn=…&depth=2`.

/** @typedef {{ name: string, params: URLSearchParams }} Place */

/** @returns {Place} */
export function place() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  return { name: path || "dashboard", params: new URLSearchParams(query ?? "") };
}

/**
 * The link to a view.
 * @param {string} name
 * @param {Record<string, any>} [params] what is null, undefined or empty is left out
 */
export function link(name, params = {}) {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(params)) {
    if (value !== null && value !== undefined && value !== "") query.set(key, String(value));
  }
  const text = query.toString();
  return `#/${name}${text ? `?${text}` : ""}`;
}

/**
 * Goes there; `replace` leaves no step to go back to.
 * @param {string} href as of {@link link}
 * @param {{ replace?: boolean }} [how]
 */
export function go(href, { replace = false } = {}) {
  if (location.hash === href) return;
  // Not `location.hash`: this keeps the query, where the token is.
  const url = new URL(location.href);
  url.hash = href;
  if (replace) history.replaceState(null, "", url);
  else history.pushState(null, "", url);
  dispatchEvent(new HashChangeEvent("hashchange"));
}

/**
 * Calls `show` now, and whenever the place changes.
 * @param {(place: Place) => void} show
 */
export function follow(show) {
  addEventListener("hashchange", () => show(place()));
  // A link's address is made with the page's base and would drop the query.
  addEventListener("click", (event) => {
    const anchor = event.target instanceof Element ? event.target.closest("a[href^='#/']") : null;
    if (!anchor || event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(anchor.getAttribute("href") ?? "#/");
  });
  show(place());
}
