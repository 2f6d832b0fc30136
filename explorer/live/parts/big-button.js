// @ts-check
/** The button and the key of the big picture, which is loaded when first opened. */

import { el } from "./dom.js";

/** Where keys are not ours: text is typed, or another dialog is open. */
const TYPING = "input:not([type=range]), textarea, select, [contenteditable], [role=dialog]";

/** @see BigPicture of `big.js` for the arguments */
export function makeBigButton(stage, words, borrow) {
  let loading = null;
  const toggle = async () => {
    loading ??= import("./big.js").then(
      ({ BigPicture }) => new BigPicture(stage, element, words, borrow),
    );
    (await loading).toggle();
  };
  const element = el("button", {
    type: "button",
    class: "le-button",
    "data-testid": "big",
    "aria-keyshortcuts": "f",
    title: words.bigHelp,
    text: words.big,
    onclick: toggle,
  });
  const onKey = (event) => {
    if (event.key !== "f" || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.target.closest?.(TYPING)) return;
    event.preventDefault();
    toggle();
  };
  document.addEventListener("keydown", onKey);
  return {
    element,
    destroy() {
      document.removeEventListener("keydown", onKey);
      loading?.then((big) => big.destroy());
    },
  };
}
