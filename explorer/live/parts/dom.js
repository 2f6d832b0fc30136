// @ts-check
/** Elements, files to save, and sentences to show. Knows the DOM, not latent codes. */

/**
 * Make one element.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag name of the element
 * @param {Object<string, any>} props attributes; `text` sets text, `on*` functions listen, false leaves out
 * @param {...(Node|string)} children put inside, text as text and never as HTML
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name === "text") node.textContent = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

/**
 * The 2-D context of a canvas.
 * @param {HTMLCanvasElement} canvas
 * @param {CanvasRenderingContext2DSettings} [settings]
 */
export const contextOf = (canvas, settings) =>
  /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", settings));

/** Save what is at an address where the visitor's browser saves files. @param {string} href @param {string} download its name */
export const saveFrom = (href, download) => el("a", { href, download }).click();

/** Save a file where the visitor's browser saves files. @param {Blob} blob @param {string} name */
export function save(blob, name) {
  const url = URL.createObjectURL(blob);
  saveFrom(url, name);
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

const language = () => globalThis.document?.documentElement.lang || "en";
/** @type {Map<number, Intl.NumberFormat>} */
const formats = new Map();

/** Write a number as the page's language does. @param {number} value @param {number} [digits] */
export function decimal(value, digits = 0) {
  const fixed = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  if (!formats.has(digits)) formats.set(digits, new Intl.NumberFormat(language(), fixed));
  return /** @type {Intl.NumberFormat} */ (formats.get(digits)).format(value);
}

/**
 * Put values into the {gaps} of a sentence of the words, as `explorer.words.say` does: numbers are
 * written as the language does, and `count` chooses the plural. What counts nothing, such as a
 * seed, is given as text.
 * @param {any} words a sentence, or the forms of its plural
 * @param {Object<string, any>} values
 * @returns {string}
 */
export function fill(words, values) {
  const plural = () => words[new Intl.PluralRules(language()).select(values.count)] ?? words.other;
  const sentence = typeof words === "string" ? words : plural();
  return sentence.replace(/\{(\w+)\}/g, (/** @type {string} */ gap, /** @type {string} */ name) => {
    const value = values[name] ?? gap;
    return typeof value === "number" ? value.toLocaleString(language()) : value;
  });
}

/** A value with its sign, two decimals and a real minus: +1.25, −0.30, 0.00. @param {number} value */
export function signed(value) {
  const text = decimal(Math.abs(value), 2);
  if (Math.abs(value) < 0.005) return text;
  return (value < 0 ? "\u2212" : "+") + text;
}
