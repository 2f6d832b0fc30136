/** Curves of a run over its steps. Knows Plotly, and what a report holds. */

import { el } from "./dom.js";
import { rangeOf } from "./run-series.js";
import { themeOf } from "./theme.js";

const CONFIG = { displayModeBar: false, doubleClick: false, showTips: false };
const MOST_POINTS = 9_000; // of all layers together
const MOST_CHIPS = 12;
const MOST_DECADES = 12;
const TRAINING = "#2b8a8a"; // 4:1 on light pages and on dark ones, as is the next
const HELD_OUT = "#c8641e";
const INK = {
  light: { text: "#4a4f5a", line: "#e3e5e9" },
  dark: { text: "#b6bac4", line: "#2b2f38" },
}; // as in figures.py, and so are these, without the faintest
const LAYERS = {
  light: ["#21a087", "#25848e", "#306a8e", "#3d4a89", "#482978", "#440154"],
  dark: ["#2b768e", "#22938b", "#2fb07e", "#63ca5e", "#aedc2f", "#fde725"],
};

/** One chart: lines over steps, and a mark that stands at one of them. */
function makeChart(Plotly, words, { label, unit, hover, type = "linear" }) {
  const plot = el("div", { class: "le-run-plot" });
  const mark = el("i", { class: "le-run-mark", hidden: true });
  const props = { class: "le-run-chart le-run-empty", role: "img", "aria-label": label };
  const element = el("div", { ...props, "data-wait": words.wait }, plot, mark);
  let step = null;
  let drawn = false;

  function place() {
    const axis = plot._fullLayout?.xaxis;
    const x = step === null || !axis ? NaN : axis.l2p(step);
    mark.hidden = !(x >= 0 && x <= axis._length + 1);
    if (!mark.hidden) mark.style.transform = `translateX(${axis._offset + x}px)`;
  }
  const resized = new ResizeObserver(async () => {
    if (!drawn || !plot.offsetParent) return;
    await Plotly.Plots.resize(plot);
    place();
  });
  resized.observe(plot);

  return {
    element,
    async draw(traces, range) {
      const { text, line } = INK[themeOf(element)];
      const axis = { gridcolor: line, zeroline: false, fixedrange: true, ticklabelstandoff: 3 };
      const titled = (title) => ({
        ...axis,
        title: { text: title, standoff: 4, font: { size: 11 } },
      });
      drawn = true;
      element.classList.remove("le-run-empty");
      await Plotly.react(
        plot,
        traces.map((trace) => ({ type: "scatter", ...trace })),
        {
          template: {},
          paper_bgcolor: "rgba(0,0,0,0)",
          plot_bgcolor: "rgba(0,0,0,0)",
          font: { family: getComputedStyle(element).fontFamily, color: text },
          margin: { l: 50, r: 8, t: 8, b: 34 },
          showlegend: false,
          hovermode: hover,
          dragmode: false,
          xaxis: {
            ...titled(words.step),
            nticks: 5,
            rangemode: "tozero",
            tickfont: { size: 10 },
          },
          yaxis: {
            ...titled(unit),
            type,
            nticks: 5,
            tickfont: { size: type === "log" ? 8 : 10 }, // powers are drawn larger than that
            exponentformat: "power",
            ...(type === "log" && { dtick: 1 }),
            ...(range ? { range } : { autorange: true }),
          },
        },
        CONFIG,
      );
      place();
    },
    /** Stand at a step, or nowhere. */
    mark(at) {
      step = at;
      place();
    },
    destroy() {
      drawn = false;
      resized.disconnect();
      Plotly.purge(plot);
    },
  };
}

/** What the three curves show; terms without a finite number come as null. */
const CURVES = { loss: ["loss", 1], reconstruction: ["log_likelihood", -1], kl: ["kl", 1] };

/**
 * Loss, reconstruction and KL.
 * @param {Object} Plotly
 * @param {Object} words the catalogue's part for runs
 */
export function makeCurves(Plotly, words) {
  let whole = false;
  let items = [[], []];
  const toggle = () => {
    whole = !whole;
    drawAll();
  };
  const more = el("button", {
    class: "le-run-button",
    type: "button",
    hidden: true,
    onclick: toggle,
  });
  const curves = Object.entries(CURVES).map(([id, [name, sign]]) => {
    const { title, help } = words.curves[id];
    const chart = makeChart(Plotly, words, { label: title, unit: words.nats, hover: "x" });
    const now = el("span", { class: "le-run-quiet" });
    const heading = el("h3", { title: help }, el("strong", { text: title }), now);
    const of = (terms) => (Number.isFinite(terms[name]) ? sign * terms[name] : null);
    return { id, of, chart, now, element: el("div", {}, heading, chart.element) };
  });
  const key = (text, kind = "") => el("span", { class: `le-run-key ${kind}`, text });
  const element = el(
    "section",
    { "data-testid": "run-curves" },
    el("div", { class: "le-run-three" }, ...curves.map((curve) => curve.element)),
    el("p", { class: "le-run-keys" }, key(words.training), key(words.heldOut, "le-run-dot"), more),
  );

  /** Draw one curve; returns whether values lie outside. */
  function drawCurve({ of, chart }) {
    const [y, held] = [items[0].map(of), items[1].map(({ validation }) => of(validation))];
    const { range, isCut } = rangeOf([...y, ...held], whole);
    const trace = (which, values, name) => ({
      x: items[which].map(({ step }) => step),
      y: values,
      hovertemplate: `%{y:.4~g}<extra>${name}</extra>`,
    });
    const line = { mode: "lines", line: { color: TRAINING, width: 1.75 } };
    const marker = { color: HELD_OUT, size: held.length > 60 ? 3.5 : 6 };
    chart.draw(
      [
        { ...trace(0, y, words.training), ...line },
        { ...trace(1, held, words.heldOut), mode: "markers", marker },
      ],
      range,
    );
    return isCut;
  }

  function drawAll() {
    const shown = curves.filter(({ id, of, element }) => {
      element.hidden = id === "kl" && items[0].every((terms) => of(terms) === 0);
      return !element.hidden;
    });
    const isCut = shown.map(drawCurve).includes(true);
    more.hidden = !isCut && !whole;
    more.textContent = whole ? words.zoomIn : words.showAll;
  }

  return {
    element,
    /** @param {Object[]} reports @param {Object[]} checks those with validation */
    draw(reports, checks) {
      items = [reports, checks];
      drawAll();
    },
    /** Mark a step and say its numbers, or with null those of the newest report. */
    mark(step) {
      const report = items[0].findLast((terms) => step === null || terms.step <= step);
      for (const { of, chart, now } of curves) {
        chart.mark(step);
        now.textContent = report ? number(of(report)) : "";
      }
    },
    destroy: () => curves.forEach(({ chart }) => chart.destroy()),
  };
}

/**
 * The length of each layer's gradient, on a scale by factors of ten, and what it means.
 * @param {Object} Plotly
 * @param {Object} words the catalogue's part for runs
 */
export function makeGradients(Plotly, words) {
  const label = words.gradients;
  const chart = makeChart(Plotly, words, {
    label,
    unit: words.norm,
    hover: "closest",
    type: "log",
  });
  const keys = el("p", { class: "le-run-keys" });
  const verdict = el("strong");
  const saying = el("span");
  const health = { class: "le-run-health", "data-testid": "run-health", hidden: true };
  const judgement = el("p", health, verdict, saying);
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
      el("h3", { title: words.gradientsHelp }, el("strong", { text: label })),
      chart.element,
      keys,
      judgement,
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
    mark: chart.mark,
    /** @param {{verdict: string, words: string}|null} news */
    judge(news) {
      judgement.hidden = !news;
      if (!news || saying.textContent === news.words) return;
      judgement.dataset.verdict = news.verdict;
      verdict.textContent = words.verdict[news.verdict];
      saying.textContent = news.words;
    },
    destroy: chart.destroy,
  };
}

/** Whole powers of ten around positive values, as exponents; those far below count as nothing. */
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

/** A number at four digits, with a real minus, or a dash. */
const number = (value) =>
  value === null ? "–" : String(Number(value.toPrecision(4))).replace("-", "\u2212");
