// Projects and their repositories: choosing, making, deleting.

import { get, send } from "./api.js";
import { fill, h } from "./dom.js";
import { counted } from "./format.js";
import { link } from "./router.js";

/** All that there are, as far as one page of them goes. @returns {Promise<any[]>} */
export const known = async () => (await get("api/v1/projects", { limit: 500 })).projects;

/**
 * Offers projects to choose from; one alone is no choice, and not shown.
 * @param {HTMLSelectElement} select
 * @param {any[]} all
 * @param {string | null | undefined} chosen
 * @param {string} [together] what stands first, for all of them
 */
export function offer(select, all, chosen, together) {
  const rows = [...(together ? [{ id: "", name: together }] : []), ...all];
  fill(
    select,
    rows.map(({ id, name }) => h("option", { value: id, selected: id === (chosen ?? "") }, name)),
  );
  // One that is chosen and gone must be possible to leave.
  select.hidden = all.length < 2 && all.some(({ id }) => id === (chosen ?? id));
}

/**
 * Lists them in `element`.
 * @param {HTMLElement} element
 * @param {{ project: string | null, repository: string | null }} chosen
 * @param {() => void} changed called when one was made or deleted
 * @returns {Promise<string>} what files go to when one of them is chosen
 */
export async function projects(element, chosen, changed) {
  const { projects: all } = await get("api/v1/projects", { limit: 100, repositories: true });
  const problem = h("p.bad", { role: "alert" });
  let name = "the project Default";

  /** @param {() => Promise<any>} work */
  async function attempt(work) {
    try {
      await work();
      changed();
    } catch (error) {
      problem.textContent = /** @type {Error} */ (error).message;
    }
  }

  const repository = (/** @type {any} */ project, /** @type {any} */ r) => {
    const here = r.id === chosen.repository;
    if (here) name = `${project.name} / ${r.name}`;
    return h(
      "li",
      {},
      h("a", { href: link("files", { project: project.id, repository: r.id }), "aria-current": here ? "true" : null }, r.name),
      h("span.soft", {}, ` ${counted(r.file_count, "file")}`),
      h(
        "button.link",
        {
          type: "button",
          "aria-label": `Delete repository ${r.name}`,
          onclick: () =>
            confirm(`Delete the repository ${r.name} and its ${counted(r.file_count, "file")}?`) &&
            attempt(() => send("DELETE", `api/v1/projects/${encodeURIComponent(project.id)}/repositories/${encodeURIComponent(r.id)}`)),
        },
        "delete",
      ),
    );
  };
  const items = all.map((/** @type {any} */ project) => {
    const here = project.id === chosen.project && !chosen.repository;
    if (project.id === chosen.project) name = `the project ${project.name}`;
    return h(
      "li",
      {},
      h("a", { href: link("files", { project: project.id }), "aria-current": here ? "true" : null }, project.name),
      h("span.soft", {}, project.description ? ` ${project.description}` : ""),
      project.id !== "default" &&
        h(
          "button.link",
          {
            type: "button",
            "aria-label": `Delete project ${project.name}`,
            onclick: () =>
              confirm(`Delete the project ${project.name} with all that is in it?`) &&
              attempt(() => send("DELETE", `api/v1/projects/${encodeURIComponent(project.id)}?delete_data=true`)),
          },
          "delete",
        ),
      h(
        "ul.plain",
        {},
        project.repositories.map((/** @type {any} */ r) => repository(project, r)),
      ),
    );
  });
  const input = /** @type {HTMLInputElement} */ (
    h("input", { type: "text", required: true, maxLength: 255, "aria-label": "Name of the new project", placeholder: "New project" })
  );
  fill(
    element,
    h(
      "ul.plain.tree",
      {},
      h("li", {}, h("a", { href: link("files"), "aria-current": chosen.project || chosen.repository ? null : "true" }, "All files")),
      items,
    ),
    h(
      "form.row",
      {
        onsubmit: (/** @type {Event} */ event) => {
          event.preventDefault();
          attempt(() => send("POST", "api/v1/projects", { name: input.value }));
        },
      },
      input,
      h("button", { type: "submit" }, "Add"),
    ),
    problem,
  );
  return name;
}
