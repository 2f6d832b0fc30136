// @ts-check
/** The charts of what a run reports, drawn at most twice a second, and less often where that is slow. */

import { adversarialCurves, Curves, lossCurves, makeJudgement } from "./charts.js";
import { makeGradients } from "./gradients.js";
import { makeThinned } from "./series.js";

/** @import { RunScene } from "../types.js" */

const MOST_REPORTS = 600; // drawn
const MOST_CHECKS = 200; // of them with validation, each a dot
const DRAW_MS = 500;

export class ReportCharts {
  /** What the state of the run comes to, in words. */
  judgement;
  gradients;
  #curves;
  #reports = makeThinned(MOST_REPORTS);
  #checks = makeThinned(MOST_CHECKS);
  /** @type {string[]} */
  #layers = [];
  /** @type {number|null} step looked back at */
  #marked = null;
  #timer = 0;
  #notBefore = 0;

  /** @param {Promise<Object>} plotly @param {RunScene} scene */
  constructor(plotly, { words, adversarial, hasEncoder }) {
    const losses = adversarial ? ["reconstruction", "kl"] : ["loss", "reconstruction", "kl"];
    this.judgement = makeJudgement(words);
    this.gradients = makeGradients(plotly, words);
    this.#curves = [
      new Curves(
        plotly,
        words,
        adversarial ? adversarialCurves(/** @type {any} */ (adversarial)) : [],
        "run-game",
      ),
      new Curves(plotly, words, hasEncoder ? lossCurves(words, losses) : [], "run-curves"),
    ];
  }

  /** The curves, one element for each kind. */
  get elements() {
    return this.#curves.map(({ element }) => element);
  }

  /** Take what is new of the run. @param {Object<string, any>} news */
  take({ layers, health, best_step: best, reports }) {
    this.#layers = layers;
    this.judgement.judge(health);
    for (const some of this.#curves) some.markBest(best);
    for (const report of reports) {
      this.#reports.add(report);
      if (report.validation) this.#checks.add(report);
    }
    if (!reports.length) return;
    const wait = Math.max(0, this.#notBefore - performance.now());
    this.#timer ||= setTimeout(() => this.draw(), wait);
  }

  draw() {
    this.#timer = 0;
    const items = this.#reports.items();
    if (!items.length) return;
    const began = performance.now();
    for (const some of this.#curves) {
      some.draw(items, this.#checks.items());
      some.mark(this.#marked);
    }
    this.gradients.draw(items, this.#layers);
    this.#notBefore = began + Math.max(DRAW_MS, 5 * (performance.now() - began));
  }

  /** Mark the step that is looked back at, or none. @param {number|null} step */
  mark(step) {
    this.#marked = step;
    for (const some of this.#curves) some.mark(step);
    this.gradients.mark(step);
  }

  destroy() {
    clearTimeout(this.#timer);
    for (const part of [...this.#curves, this.gradients]) part.destroy();
  }
}
