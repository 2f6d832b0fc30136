// @ts-check
/** The choice of an export format. Knows the DOM, not what is saved. */

import { el } from "./dom.js";

/** @import { ExportScene } from "../types.js" */

/**
 * @param {ExportScene[]} formats the choice is hidden if there is only one
 * @param {Object<string, any>} props attributes of the choice
 * @returns {{element: HTMLSelectElement, chosen: function(): ExportScene}}
 */
export function makeFormats(formats, props) {
  const options = formats.map(({ label, help }, i) =>
    el("option", { value: i, text: label, title: help }),
  );
  const element = el("select", { hidden: formats.length < 2, ...props }, ...options);
  return { element, chosen: () => formats[element.selectedIndex] };
}
