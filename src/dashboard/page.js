// What every part of the page needs.

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found;
}

/** Headers of an API call: the token when the page was opened with one (`?token=…`). */
export function headers() {
  const token = new URLSearchParams(location.search).get("token");
  return /** @type {Record<string, string>} */ (token ? { Authorization: `Bearer ${token}` } : {});
}

/**
 * What an error answer says, for people.
 * @param {Response} response
 */
export async function problem(response) {
  try {
    const { detail } = await response.json();
    return typeof detail === "string" ? detail : detail.map((/** @type {any} */ d) => d.msg).join("; ");
  } catch {
    return `The server answered ${response.status}`;
  }
}
