// @ts-check
/** Curves of a run over its steps. Knows Plotly, and what a report holds. */

import { el, fill } from "../parts/dom.js";
import { acrossPixels, makePlot } from "../parts/plot.js";
import { themeOf } from "../parts/theme.js";
import { count, rangeOf } from "./series.js";

const CONFIG = { displayModeBar: false, doubleClick: false, showTips: false };
const SHARES = [-0.04, 1.04]; // an axis from 0 to 1, with room for lines at its ends
const NOWHERE = [Infinity, -Infinity];
const MOST_POINTS = 9_000; // of all layers together
const MOST_CHIPS = 12;
const MOST_DOTS = 40; // on a line of checks
const MOST_DECADES = 16;
const SETTLING = 0.02; // of the steps so far: the range of an axis does not count them
const LARGE = 1e6; // from here on a number is told by its power of ten
const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const TRAINING = "#2b8a8a"; // 4:1 on light pages and on dark ones, as is the next
const HELD_OUT = "#c8641e";
const OTHER = "#8a63d2"; // the other player, and what is real
const INK = {
  light: { text: "#4a4f5a", line: "#e3e5e9" },
  dark: { text: "#b6bac4", line: "#2b2f38" },
}; // as in figures.py, and so are these, without the faintest
const LAYERS = {
  light: ["#21a087", "#25848e", "#306a8e", "#3d4a89", "#482978", "#440154"],
  dark: ["#2b768e", "#22938b", "#2fb07e", "#63ca5e", "#aedc2f", "#fde725"],
};

/** One chart: lines over steps, a mark at the step looked at, and one at the best step. */
function makeChart(plotly, words, { label, unit, hover, type = "linear" }) {
  const plot = makePlot({ class: "le-run-plot" });
  const mark = el("i", { class: "le-run-mark", hidden: true });
  const best = el("i", { class: "le-run-mark le-run-best", hidden: true });
  const props = { class: "le-run-chart le-run-empty", role: "img", "aria-label": label };
  const element = el("div", { ...props, "data-wait": words.wait }, plot, best, mark);
  let step = null;
  let bestStep = null;
  let drawn = false;

  function place() {
    stand(mark, step);
    stand(best, bestStep);
  }
  function stand(line, at) {
    const x = at === null ? null : acrossPixels(plot, at);
    line.hidden = x === null;
    if (x !== null) line.style.transform = `translateX(${x}px)`;
  }
  const resized = new ResizeObserver(async () => {
    if (!drawn || !plot.offsetParent) return;
    await (await plotly).Plots.resize(plot);
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
        title: { text: title, standoff: 4, font: { size: 12 } },
      });
      const Plotly = await plotly;
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
            tickfont: { size: 12 },
          },
          yaxis: {
            ...titled(unit),
            type,
            nticks: 5,
            tickfont: { size: type === "log" ? 10 : 12 }, // powers are drawn larger than that
            exponentformat: type === "log" ? "power" : "SI", // −15k has room where −1.5×10⁴ has not
            ...(type === "log" && { dtick: range?.[1] - range?.[0] > 8 ? 2 : 1 }),
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
    /** Mark the best step, or none. */
    markBest(at) {
      bestStep = at;
      place();
    },
    destroy() {
      drawn = false;
      resized.disconnect();
      plotly.then((Plotly) => Plotly.purge(plot));
    },
  };
}

/** What curves of losses show; terms without a finite number come as null. */
const TERMS = { loss: ["loss", 1], reconstruction: ["log_likelihood", -1], kl: ["kl", 1] };

/**
 * What is drawn of the losses: a line of the images learnt from, and one of those held out.
 * @param {Object} words the catalogue's part for runs
 * @param {string[]} ids which of TERMS
 */
export function lossCurves(words, ids) {
  const of = (id, terms) => TERMS[id][1] * (terms?.[TERMS[id][0]] ?? NaN);
  return ids.map((id) => ({
    ...words.curves[id],
    unit: words.nats,
    isHidden: (reports) => id === "kl" && reports.every((terms) => !of(id, terms)),
    lines: [
      { name: words.training, color: TRAINING, isTold: true, of: (terms) => of(id, terms) },
      { name: words.heldOut, color: HELD_OUT, isCheck: true, of: (r) => of(id, r.validation) },
    ],
  }));
}

/**
 * What is drawn of a game: what both players make small, what is said of real and made, variety.
 * @param {Object} game its words: of the players, and of each chart; `areChances` of the scores
 */
export function gameCurves({ made, real, losses, scores, diversity, areChances }) {
  const ofMade = { name: made, color: TRAINING, isTold: true };
  const ofReal = { name: real, color: OTHER, isTold: true };
  const pair = (inMade, inReal) => [
    { ...ofMade, of: ({ duel, loss }) => (inMade === "loss" ? loss : duel?.[inMade]) },
    { ...ofReal, of: ({ duel }) => duel?.[inReal] },
  ];
  const asReal = { ...ofReal, isTold: false, dash: "dot", of: () => 1 };
  const [drawn] = pair("diversity");
  return [
    { ...losses, lines: pair("loss", "discriminator") },
    { ...scores, lines: pair("made", "real"), atLeast: areChances ? SHARES : NOWHERE },
    { ...diversity, lines: [drawn, asReal], atLeast: SHARES },
  ];
}

/**
 * Curves side by side, and what their colours mean.
 * @param {Promise<Object>} plotly the library, when it is there
 * @param {Object} words the catalogue's part for runs
 * @param {Object[]} specs what each shows
 * @param {string} id for tests
 */
export function makeCurves(plotly, words, specs, id) {
  let whole = false;
  /** @type {[Object[], Object[]]} */
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
  const curves = specs.map((spec) => {
    const { title, help, unit } = spec;
    const chart = makeChart(plotly, words, { label: title, unit, hover: "x" });
    const now = el("span", { class: "le-run-quiet" });
    const heading = el("h2", { title: help }, el("strong", { text: title }), now);
    return { ...spec, chart, now, element: el("div", {}, heading, chart.element) };
  });
  const keys = (specs[0]?.lines ?? []).map(({ name, color }) =>
    el("span", { class: "le-run-key", style: `--le-key:${color}`, text: name }),
  );
  const best = el("span", { class: "le-run-key le-run-best-key", hidden: true });
  const element = el(
    "section",
    { "data-testid": id, hidden: !specs.length },
    el("div", { class: "le-run-three" }, ...curves.map((curve) => curve.element)),
    el("p", { class: "le-run-keys" }, ...keys, best, more),
  );

  /** Draw one curve; returns whether values lie outside. */
  function drawCurve({ lines, chart, atLeast: [low, high] = NOWHERE }) {
    const traces = lines.map(({ name, color, isCheck, dash, of }) => {
      const points = items[isCheck ? 1 : 0];
      const hasDots = isCheck && points.length <= MOST_DOTS;
      return {
        x: points.map(({ step }) => step),
        y: points.map((report) => finite(of(report))),
        hovertemplate: `%{y:.4~g}<extra>${name}</extra>`,
        mode: hasDots ? "lines+markers" : "lines",
        line: { color, width: 1.75, dash },
        marker: { color, size: 5 },
      };
    });
    const values = traces.flatMap(({ y }) => y).filter(Number.isFinite);
    const begin = whole ? 0 : SETTLING * (items[0].at(-1)?.step ?? 0);
    const { range } = rangeOf(
      traces.flatMap(({ x, y }) => y.filter((_, i) => x[i] > begin)),
      whole,
    );
    if (range) [range[0], range[1]] = [Math.min(range[0], low), Math.max(range[1], high)];
    chart.draw(traces, range);
    return range !== null && values.some((value) => value < range[0] || value > range[1]);
  }

  function drawAll() {
    const shown = curves.filter(({ isHidden, element }) => {
      element.hidden = Boolean(isHidden?.(items[0]));
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
      for (const { lines, chart, now } of curves) {
        chart.mark(step);
        const told = report ? lines.filter(({ isTold }) => isTold) : [];
        now.textContent = told.map(({ of }) => number(finite(of(report)))).join(" · ");
      }
    },
    /** Mark the step with the smallest held-out loss; 0 where none is known. */
    markBest(step) {
      best.hidden = !step;
      best.textContent = fill(words.bestStep, { step: count(step) });
      for (const { chart } of curves) chart.markBest(step || null);
    },
    destroy: () => curves.forEach(({ chart }) => chart.destroy()),
  };
}

/**
 * What the state of a run comes to, in words.
 * @param {Object} words the catalogue's part for runs
 */
export function makeJudgement(words) {
  const verdict = el("strong");
  const saying = el("span");
  const props = { class: "le-run-health", "data-testid": "run-health", hidden: true };
  const element = el("p", props, verdict, saying);
  return {
    element,
    /** @param {{verdict: string, words: string}|null} news */
    judge(news) {
      element.hidden = !news;
      if (!news || saying.textContent === news.words) return;
      element.dataset.verdict = news.verdict;
      verdict.textContent = words.verdict[news.verdict];
      saying.textContent = news.words;
    },
  };
}

/**
 * The length of each layer's gradient, on a scale by factors of ten.
 * @param {Promise<Object>} plotly the library, when it is there
 * @param {Object} words the catalogue's part for runs
 */
export function makeGradients(plotly, words) {
  const label = words.gradients;
  const chart = makeChart(plotly, words, {
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
    mark: chart.mark,
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

const finite = (value) => (Number.isFinite(value) ? value : null);

/** A number at four digits, with a real minus, or a dash. */
function number(value) {
  if (value === null) return "–";
  const isLarge = Math.abs(value) >= LARGE;
  const text = isLarge ? value.toExponential(2) : String(Number(value.toPrecision(4)));
  const [digits, exponent] = text.replace("-", "\u2212").split("e+");
  return exponent ? `${digits} × 10${[...exponent].map((d) => SUPERSCRIPTS[d]).join("")}` : digits;
}
