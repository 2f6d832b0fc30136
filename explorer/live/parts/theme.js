// @ts-check
/** Light or dark: what the page is now, and when that changes. Knows the DOM only. */

const SETTLE_MS = 300; // Streamlit repaints a little after the system switches

/** Light or dark, by what is really behind an element. @param {HTMLElement} element @returns {import("../types.js").Theme} */
export function themeOf(element) {
  /** @type {HTMLElement|null} */
  let node = element;
  for (; node; node = node.parentElement) {
    const [r, g, b, a = 1] = (getComputedStyle(node).backgroundColor.match(/[\d.]+/g) ?? []).map(
      Number,
    );
    if (b !== undefined && a > 0)
      return 0.2126 * r + 0.7152 * g + 0.0722 * b < 128 ? "dark" : "light";
  }
  return "light";
}

/**
 * Call back when what is behind an element turns light or dark.
 * @param {HTMLElement} element
 * @param {function(): void} onChange
 * @returns {function(): void} stops watching
 */
export function watchTheme(element, onChange) {
  let timer = 0;
  let theme = themeOf(element);
  function look() {
    if (themeOf(element) === theme) return;
    theme = themeOf(element);
    onChange();
  }
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(look, SETTLE_MS);
  };
  const page = new MutationObserver(later);
  page.observe(document.documentElement, {
    attributes: true,
    attributeFilter: ["class", "style", "data-theme"],
  });
  const system = matchMedia("(prefers-color-scheme: dark)");
  system.addEventListener("change", later);
  return () => {
    clearTimeout(timer);
    page.disconnect();
    system.removeEventListener("change", later);
  };
}
