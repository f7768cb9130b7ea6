// Calls of the server's API.

/**
 * @typedef {object} Asset a node of the graph
 * @property {string} urn
 * @property {string} label
 * @property {string} name
 * @property {string} type
 * @property {string} project_id
 * @property {string | null} repository_id
 * @property {string | null} file_id
 * @property {string | null} file_path
 * @property {number | null} line
 * @property {Record<string, any>} metadata
 */

/** Where a token that was typed in is kept: until the tab is closed, and in no address. */
const KEPT = "headwater-token";

/** The token that the page was opened with (`?token=…`), or that was typed in, if there is one. */
export const token = new URLSearchParams(location.search).get("token") ?? kept();

/** A browser that keeps nothing for pages says so when it is asked. */
function kept() {
  try {
    return sessionStorage.getItem(KEPT);
  } catch {
    return null;
  }
}

/**
 * Begins anew with a token, which is then the one whatever the page was opened with.
 * @param {string} typed
 */
export function unlock(typed) {
  sessionStorage.setItem(KEPT, typed);
  const url = new URL(location.href);
  url.searchParams.delete("token");
  history.replaceState(null, "", url);
  location.reload();
}

/** @returns {Record<string, string>} */
export function headers() {
  return token ? { Authorization: `Bearer ${token}` } : {};
}

/**
 * The address of a path below where the page is served.
 * @param {string} path
 * @param {Record<string, any>} [query] what is null, undefined or empty is left out
 */
export function address(path, query = {}) {
  const url = new URL(path, document.baseURI);
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") url.searchParams.set(name, String(value));
  }
  return url;
}

/**
 * @param {string} path
 * @param {Record<string, any>} [query]
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export const get = async (path, query, signal) => (await answer(address(path, query), { signal })).json();

/**
 * @param {string} method
 * @param {string} path
 * @param {any} [body]
 * @returns {Promise<any>} null when there is no body
 */
export async function send(method, path, body) {
  const json = body === undefined ? {} : { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const response = await answer(address(path), { method, ...json });
  return response.status === 204 ? null : response.json();
}

/**
 * The answer to a request; anything but a success is thrown, with what is wrong in words, and with `status` when the server answered.
 * @param {URL} url
 * @param {RequestInit} request
 */
export async function answer(url, request) {
  const response = await fetch(url, { ...request, headers: { ...headers(), ...request.headers } }).catch((error) => {
    if (error.name === "AbortError") throw error;
    throw new Error("The server did not answer: is it running?");
  });
  // Whoever can asks for a token.
  if (response.status === 401) dispatchEvent(new Event("locked"));
  if (!response.ok) throw Object.assign(new Error(await problem(response)), { status: response.status });
  return response;
}

/**
 * What an error answer says, for people: without what its end offers to programs. Before a closing quote that is part of a name.
 * @param {Response} response
 */
export async function problem(response) {
  try {
    const { detail } = await response.json();
    const text = typeof detail === "string" ? detail : detail.map((/** @type {any} */ d) => d.msg).join("; ");
    return text.replace(/: GET \/(?!.*: GET \/)[^']*$/s, "");
  } catch {
    return `The server answered ${response.status}`;
  }
}
