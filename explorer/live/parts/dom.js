/** Making elements, and nothing else. Knows the DOM, not latent codes. */

/**
 * Make one element.
 * @param {string} tag name of the element
 * @param {Object} props attributes; `text` sets text, `on*` functions listen, false leaves out
 * @param {...(Node|string)} children put inside, text as text and never as HTML
 * @returns {HTMLElement}
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

/** Hand a file to whoever looks at the page. */
export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Put values into the {gaps} of a sentence from the words catalogue. */
export function fill(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (gap, name) => values[name] ?? gap);
}

/** A value with its sign, two decimals and a real minus: +1.25, −0.30, 0.00. */
export function signed(value) {
  const text = Math.abs(value).toFixed(2);
  if (Number(text) === 0) return "0.00";
  return (value < 0 ? "\u2212" : "+") + text;
}
