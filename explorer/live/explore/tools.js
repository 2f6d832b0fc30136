// @ts-check
/** The tools of the page: each has a button, and is fetched and shown when that is first pressed. */

import { el } from "../parts/dom.js";

/** @import { CodeChange, Given, ToolScene, View } from "../types.js" */

/**
 * One tool, a folder in `tools/` whose `tool.js` exports `make(given)`, which returns a view.
 * @param {Given} given
 * @param {ToolScene} tool
 * @returns {View & {panel: HTMLElement}} its button; the panel is where the tool is shown
 */
export function makeTool(given, { name, label, help }) {
  const panel = el("section", {
    "data-testid": `panel-${name}`,
    "aria-label": label,
    hidden: true,
  });
  /** @type {View|null} */
  let view = null;
  let isLoading = false;
  let gone = false;

  async function load() {
    isLoading = true;
    try {
      const { make } = await import(`../tools/${name}/tool.js`);
      if (gone) return;
      view = /** @type {View} */ (make(given));
      panel.append(view.element);
      view.show?.();
    } catch (error) {
      given.fail(label, /** @type {Error} */ (error));
    }
    isLoading = false;
  }

  function toggle() {
    panel.hidden = !panel.hidden;
    button.setAttribute("aria-expanded", String(!panel.hidden));
    if (panel.hidden) return;
    if (view) view.show?.();
    else if (!isLoading) load();
  }

  const button = el("button", {
    type: "button",
    class: "le-button",
    "data-testid": `tool-${name}`,
    "aria-expanded": "false",
    title: help,
    text: label,
    onclick: toggle,
  });
  return {
    element: button,
    panel,
    show: () => panel.hidden || view?.show?.(),
    rest: (/** @type {CodeChange} */ change) => view?.rest?.(change),
    destroy() {
      gone = true;
      view?.destroy?.();
    },
  };
}
