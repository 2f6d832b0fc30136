// @ts-check
/** Curves of a run over its steps, and its health in words. Knows what a report contains. */

import { el, fill } from "../parts/dom.js";
import { Chart } from "./chart.js";
import { rangeOf } from "./series.js";

/** @import { Words } from "../types.js" */

const SHARES = [-0.04, 1.04]; // an axis from 0 to 1, with room for lines at its ends
const NOWHERE = [Infinity, -Infinity];
const MOST_DOTS = 40; // on a line of held-out checks
const SETTLING = 0.02; // share of the steps so far that the range of an axis ignores
const LARGE = 1e6; // larger numbers are written as powers of ten
const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const TRAINING = "#2b8a8a"; // 4:1 on light pages and on dark ones, as is the next
const HELD_OUT = "#c8641e";
const OTHER = "#8a63d2"; // the discriminator, and real images

/** What curves of losses show; terms without a finite number come as null. */
const TERMS = { loss: ["loss", 1], reconstruction: ["log_likelihood", -1], kl: ["kl", 1] };

/**
 * The curves of the losses, each with a line for training images and one for held-out images.
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
 * The curves of adversarial training: losses of both players, scores of real and generated, variety.
 * @param {Object} adversarial its words: of the players, and of each chart; `areChances` of the scores
 */
export function adversarialCurves({ made, real, losses, scores, diversity, areChances }) {
  const ofMade = { name: made, color: TRAINING, isTold: true };
  const ofReal = { name: real, color: OTHER, isTold: true };
  const pair = (inMade, inReal) => [
    {
      ...ofMade,
      of: ({ adversarial, loss }) => (inMade === "loss" ? loss : adversarial?.[inMade]),
    },
    { ...ofReal, of: ({ adversarial }) => adversarial?.[inReal] },
  ];
  const asReal = { ...ofReal, isTold: false, dash: "dot", of: () => 1 };
  const [drawn] = pair("diversity");
  return [
    { ...losses, lines: pair("loss", "discriminator") },
    { ...scores, lines: pair("made", "real"), atLeast: areChances ? SHARES : NOWHERE },
    { ...diversity, lines: [drawn, asReal], atLeast: SHARES },
  ];
}

/** Curves side by side, and what their colours mean. */
export class Curves {
  element;
  #words;
  #curves;
  /** @type {[Object<string, any>[], Object<string, any>[]]} reports, and those with validation */
  #items = [[], []];
  #whole = false; // whether outliers are shown
  #best = el("span", { class: "le-run-key le-run-best-key", hidden: true });
  #more = el("button", {
    class: "le-run-button",
    type: "button",
    hidden: true,
    onclick: () => {
      this.#whole = !this.#whole;
      this.#drawAll();
    },
  });

  /**
   * @param {Promise<any>} plotly the library, when it is there
   * @param {Words} words the catalogue's part for runs
   * @param {Object<string, any>[]} specs what each shows
   * @param {string} id for tests
   */
  constructor(plotly, words, specs, id) {
    this.#words = words;
    this.#curves = specs.map((spec) => makeCurve(plotly, words, spec));
    const keys = (specs[0]?.lines ?? []).map(({ name, color }) =>
      el("span", { class: "le-run-key", style: `--le-key:${color}`, text: name }),
    );
    this.element = el(
      "section",
      { "data-testid": id, hidden: !specs.length },
      el("div", { class: "le-run-three" }, ...this.#curves.map(({ element }) => element)),
      el("p", { class: "le-run-keys" }, ...keys, this.#best, this.#more),
    );
  }

  /** @param {Object[]} reports @param {Object[]} checks those with validation */
  draw(reports, checks) {
    this.#items = [reports, checks];
    this.#drawAll();
  }

  /** Mark a step and say its numbers, or with null those of the newest report. @param {number|null} step */
  mark(step) {
    const report = this.#items[0].findLast((terms) => step === null || terms.step <= step);
    for (const { lines, chart, now } of this.#curves) {
      chart.mark(step);
      const named = report ? lines.filter(({ isTold }) => isTold) : [];
      now.textContent = named.map(({ of }) => number(finite(of(report)))).join(" · ");
    }
  }

  /** Mark the step with the smallest held-out loss; 0 where none is known. @param {number} step */
  markBest(step) {
    this.#best.hidden = !step;
    this.#best.textContent = fill(this.#words.bestStep, { step: Math.round(step) });
    for (const { chart } of this.#curves) chart.markBest(step || null);
  }

  destroy() {
    for (const { chart } of this.#curves) chart.destroy();
  }

  #drawAll() {
    const shown = this.#curves.filter(({ isHidden, element }) => {
      element.hidden = Boolean(isHidden?.(this.#items[0]));
      return !element.hidden;
    });
    const isCut = shown.map((curve) => this.#drawCurve(curve)).includes(true);
    this.#more.hidden = !isCut && !this.#whole;
    this.#more.textContent = this.#whole ? this.#words.zoomIn : this.#words.showAll;
  }

  /** Draw one curve; return whether values lie outside. */
  #drawCurve({ lines, chart, atLeast: [low, high] = NOWHERE }) {
    const traces = lines.map((line) => traceOf(line, this.#items[line.isCheck ? 1 : 0]));
    const values = traces.flatMap(({ y }) => y).filter(Number.isFinite);
    const begin = this.#whole ? 0 : SETTLING * (this.#items[0].at(-1)?.step ?? 0);
    const settled = traces.flatMap(({ x, y }) => y.filter((_, i) => x[i] > begin));
    const { range } = rangeOf(settled, this.#whole);
    if (range) [range[0], range[1]] = [Math.min(range[0], low), Math.max(range[1], high)];
    chart.draw(traces, range);
    return range !== null && values.some((value) => value < range[0] || value > range[1]);
  }
}

/**
 * @param {Promise<any>} plotly
 * @param {Words} words
 * @param {Object<string, any>} spec
 */
function makeCurve(plotly, words, spec) {
  const { title, help, unit, lines, isHidden, atLeast } = spec;
  const chart = new Chart(plotly, words, { label: title, unit, hover: "x" });
  const now = el("span", { class: "le-run-quiet" });
  const heading = el("h2", { title: help }, el("strong", { text: title }), now);
  const element = el("div", {}, heading, chart.element);
  return { lines, isHidden, atLeast, chart, now, element };
}

/** A line as Plotly draws it. */
function traceOf({ name, color, isCheck, dash, of }, points) {
  const hasDots = isCheck && points.length <= MOST_DOTS;
  return {
    x: points.map(({ step }) => step),
    y: points.map((report) => finite(of(report))),
    hovertemplate: `%{y:.4~g}<extra>${name}</extra>`,
    mode: hasDots ? "lines+markers" : "lines",
    line: { color, width: 1.75, dash },
    marker: { color, size: 5 },
  };
}

/**
 * The health of a run, in words.
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

const finite = (value) => (Number.isFinite(value) ? value : null);

/** A number at four digits, with a real minus, or a dash. */
function number(value) {
  if (value === null) return "–";
  const isLarge = Math.abs(value) >= LARGE;
  const text = isLarge ? value.toExponential(2) : String(Number(value.toPrecision(4)));
  const [digits, exponent] = text.replace("-", "\u2212").split("e+");
  return exponent ? `${digits} × 10${[...exponent].map((d) => SUPERSCRIPTS[d]).join("")}` : digits;
}
