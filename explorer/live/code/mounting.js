// @ts-check
/**
 * Mounts a page that has to load first: shows what stands in its place meanwhile, opens it with the
 * latest scene, and says what went wrong if it cannot be opened. Knows the DOM and not Streamlit.
 */

import { el } from "../parts/dom.js";

/**
 * @template {{words: import("../types.js").Words}} Scene
 * @template Loaded
 * @param {HTMLElement} root an empty element
 * @param {Scene} scene
 * @param {Object} page
 * @param {HTMLElement} page.element where the page is to be
 * @param {HTMLElement} page.waiting what stands there until the page can be seen
 * @param {function(Scene): Promise<Loaded>} page.load
 * @param {function(Loaded, Scene): {ready?: Promise<void>, update: function(Scene): void,
 *     destroy: function(): void}} page.open builds the page in its element
 * @returns {{update: function(Scene): void, destroy: function(): void}}
 */
export function mountPage(root, scene, { element, waiting, load, open }) {
  /** @type {ReturnType<typeof open>|null} */
  let view = null;
  let latest = scene;
  let gone = false;
  element.append(waiting);
  root.replaceChildren(element);
  load(scene)
    .then(async (loaded) => {
      if (gone) return;
      view = open(loaded, latest);
      waiting.remove();
      await view.ready;
      element.dataset.ready = "true";
    })
    .catch((error) => {
      const text = `${scene.words.failed} ${error.message}`;
      element.replaceChildren(el("div", { class: "le-failed", role: "alert", text }));
      console.error(error);
    });
  return {
    update(next) {
      latest = next;
      view?.update(next);
    },
    destroy() {
      gone = true;
      view?.destroy();
      element.remove();
    },
  };
}
