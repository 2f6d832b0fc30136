// @ts-check
/** The norm of each layer's gradient over the steps of a run. */

import { el } from "../parts/dom.js";
import { themeOf } from "../parts/theme.js";
import { Chart } from "./chart.js";
import { rangeOf } from "./series.js";

const MOST_POINTS = 9_000; // of all layers together
const MOST_CHIPS = 12;
const MOST_DECADES = 16;
const LAYERS = {
  light: ["#21a087", "#25848e", "#306a8e", "#3d4a89", "#482978", "#440154"],
  dark: ["#2b768e", "#22938b", "#2fb07e", "#63ca5e", "#aedc2f", "#fde725"],
}; // as in figures/look.py, without the faintest

/**
 * The norm of each layer's gradient, on a logarithmic scale.
 * @param {Promise<Object>} plotly the library, when it is there
 * @param {Object} words the catalogue's part for runs
 */
export function makeGradients(plotly, words) {
  const label = words.gradients;
  const chart = new Chart(plotly, words, {
    label,
    unit: words.norm,
    hover: "closest",
    type: "log",
  });
  const keys = el("p", { class: "le-run-keys" });
  let legend = "";

  function setLegend(layers, colors) {
    if (legend === `${layers} ${colors}`) return;
    legend = `${layers} ${colors}`;
    const chip = (text, i) =>
      el("span", { class: "le-run-key", style: `--le-key:${colors[i]}`, text });
    const bar = el("i", { style: `background:linear-gradient(to right,${colors})` });
    const isLong = layers.length > MOST_CHIPS;
    keys.replaceChildren(...(isLong ? [layers[0], bar, layers.at(-1)] : layers.map(chip)));
  }

  return {
    element: el(
      "section",
      { "data-testid": "run-gradients", class: "le-run-panel" },
      el("h2", { title: words.gradientsHelp }, el("strong", { text: label })),
      chart.element,
      keys,
    ),
    draw(reports, layers) {
      const colors = colorsOf(layers.length, LAYERS[themeOf(chart.element)]);
      setLegend(layers, colors);
      const every = Math.max(1, Math.ceil((reports.length * layers.length) / MOST_POINTS));
      const some = reports.filter((_, i) => i % every === 0);
      const x = some.map(({ step }) => step);
      const lines = layers.map((name, i) => ({
        x,
        y: some.map(({ gradients }) => (gradients?.[i] > 0 ? gradients[i] : null)),
        mode: "lines",
        line: { color: colors[i], width: 1.5 },
        hovertemplate: `%{y:.2~g}<extra>${name}</extra>`,
      }));
      chart.draw(lines, decades(lines.flatMap(({ y }) => y)));
    },
    mark: (/** @type {number|null} */ step) => chart.mark(step),
    destroy: () => chart.destroy(),
  };
}

/** The range of exponents of ten around positive values; values far below the rest are cut off. */
function decades(values) {
  const { range } = rangeOf(
    values.map((value) => value && Math.log10(value)),
    true,
  );
  if (!range) return null;
  const high = Math.ceil(range[1]);
  return [Math.max(Math.floor(range[0]), high - MOST_DECADES), high];
}

/** n colours along a scale. */
function colorsOf(n, scale) {
  const parts = (color) => [1, 3, 5].map((i) => parseInt(color.slice(i, i + 2), 16));
  return Array.from({ length: n }, (_, i) => {
    const at = (i / Math.max(1, n - 1)) * (scale.length - 1);
    const from = Math.min(Math.floor(at), scale.length - 2);
    const to = parts(scale[from + 1]);
    return `rgb(${parts(scale[from]).map((v, k) => Math.round(v + (at - from) * (to[k] - v)))})`;
  });
}
