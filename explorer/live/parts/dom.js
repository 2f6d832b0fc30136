// @ts-check
/** Making elements, and nothing else. Knows the DOM, not latent codes. */

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
 * What paints on a canvas.
 * @param {HTMLCanvasElement} canvas
 * @param {CanvasRenderingContext2DSettings} [settings]
 */
export const contextOf = (canvas, settings) =>
  /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", settings));

/** Save a file where the visitor's browser saves files. @param {Blob} blob @param {string} name */
export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/**
 * Put values into the {gaps} of a sentence from the words catalogue.
 * @param {string} sentence
 * @param {Object<string, any>} values
 * @returns {string}
 */
export function fill(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (gap, name) => values[name] ?? gap);
}

/** A value with its sign, two decimals and a real minus: +1.25, −0.30, 0.00. @param {number} value */
export function signed(value) {
  const text = Math.abs(value).toFixed(2);
  if (Number(text) === 0) return "0.00";
  return (value < 0 ? "\u2212" : "+") + text;
}
