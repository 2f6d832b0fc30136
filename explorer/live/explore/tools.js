// @ts-check
/** The tools of the page: each has a button, which loads and shows it when first pressed. */

import { el } from "../parts/dom.js";

/** @import { CodeChange, Given, Tool, ToolScene, View } from "../types.js" */

/**
 * All tools. The address keeps the state of each open one, under its name.
 * @param {Given} given
 * @param {ToolScene[]} scenes
 * @returns {Omit<View, "element"> & {buttons: HTMLElement[], panels: HTMLElement[]}}
 */
export function makeTools(given, scenes) {
  const tools = scenes.map((scene) => new OneTool(given, scene));
  return {
    buttons: tools.map(({ button }) => button),
    panels: tools.map(({ panel }) => panel),
    show: () => tools.forEach((tool) => tool.show()),
    rest: (change) => tools.forEach((tool) => tool.rest(change)),
    state: {
      get() {
        const texts = tools.map((tool) => [tool.name, tool.text]);
        return { tools: Object.fromEntries(texts.filter(([, text]) => text)) };
      },
      set: ({ tools: texts }) => tools.forEach((tool) => tool.go(texts[tool.name] ?? "")),
    },
    destroy: () => tools.forEach((tool) => tool.destroy()),
  };
}

/** One tool, a folder in `tools/` whose `tool.js` exports `make(given)`, which returns a `Tool`. */
class OneTool {
  name;
  button;
  panel;
  #given;
  #label;
  /** @type {Tool|null} once it is loaded */
  #view = null;
  #wanted = ""; // the state in the address, until the tool is loaded
  #isLoading = false;
  #gone = false;

  /** @param {Given} given @param {ToolScene} scene */
  constructor(given, { name, label, help }) {
    [this.#given, this.name, this.#label] = [given, name, label];
    this.panel = el("section", {
      "data-testid": `panel-${name}`,
      "aria-label": label,
      hidden: true,
    });
    this.button = el("button", {
      type: "button",
      class: "le-button",
      "data-testid": `tool-${name}`,
      "aria-expanded": "false",
      title: help,
      text: label,
      onclick: () => this.#toggle(),
    });
  }

  /** What the address keeps: the state of the tool while it is open. */
  get text() {
    if (this.panel.hidden) return "";
    return this.#view ? (this.#view.state?.get() ?? "") : this.#wanted;
  }

  /** Go where the address says: open with a state or, where it says nothing, closed. @param {string} text */
  go(text) {
    if (text === this.text) return; // a tool without a state stays as it is
    this.#wanted = text;
    if (this.panel.hidden !== !text) this.#setOpen(Boolean(text));
    if (text) this.#view?.state?.set(text);
  }

  show() {
    if (!this.panel.hidden) this.#view?.show?.();
  }

  /** @param {CodeChange} change */
  rest(change) {
    this.#view?.rest?.(change);
  }

  destroy() {
    this.#gone = true;
    this.#view?.destroy?.();
  }

  #toggle() {
    this.#wanted = "";
    this.#setOpen(this.panel.hidden);
    if (this.#view?.state) this.#given.code.rest(); // updates the address
  }

  /** @param {boolean} isOpen */
  #setOpen(isOpen) {
    this.panel.hidden = !isOpen;
    this.button.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) return;
    if (this.#view) this.#view.show?.();
    else if (!this.#isLoading) this.#load();
  }

  async #load() {
    this.#isLoading = true;
    try {
      const { make } = await import(`../tools/${this.name}/tool.js`);
      if (this.#gone) return;
      const view = /** @type {Tool} */ (make(this.#given));
      this.#view = view;
      this.panel.append(view.element);
      if (this.#wanted) view.state?.set(this.#wanted);
      else if (view.state) this.#given.code.rest();
      view.show?.();
    } catch (error) {
      this.#given.fail(this.#label, /** @type {Error} */ (error));
    }
    this.#isLoading = false;
  }
}
