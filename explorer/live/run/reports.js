// @ts-check
/** The charts of a run's reports, drawn at most twice a second, and less often if drawing is slow. */

import { el } from "../parts/dom.js";
import { watchTheme } from "../parts/theme.js";
import { adversarialCurves, Curves, lossCurves, makeJudgement } from "./charts.js";
import { makeGradients } from "./gradients.js";
import { makeThinned } from "./series.js";

/** @import { View } from "../types.js" */
/** @import { RunGiven } from "./page.js" */

const MOST_REPORTS = 600; // drawn
const MOST_CHECKS = 200; // of them with validation, each a dot
const DRAW_MS = 500;

/** @implements {View} */
export class ReportCharts {
  /** The curves. */
  element;
  /** The health of the run, in words. */
  judgement;
  /** The chart of gradients. */
  gradients;
  #run;
  #judgement;
  #gradients;
  #curves;
  #stopWatching;
  #reports = makeThinned(MOST_REPORTS);
  #checks = makeThinned(MOST_CHECKS);
  /** @type {string[]} */
  #layers = [];
  #timer = 0;
  #notBefore = 0;

  /** @param {RunGiven} given */
  constructor({ page, scene: { adversarial, hasEncoder }, words, run, plotly }) {
    this.#run = run;
    const losses = adversarial ? ["reconstruction", "kl"] : ["loss", "reconstruction", "kl"];
    const ofPlayers = adversarial ? adversarialCurves(/** @type {any} */ (adversarial)) : [];
    const ofLosses = hasEncoder ? lossCurves(words, losses) : [];
    this.#curves = [
      new Curves(plotly, words, ofPlayers, "run-game"),
      new Curves(plotly, words, ofLosses, "run-curves"),
    ];
    const curves = this.#curves.map(({ element }) => element);
    this.element = el("div", { class: "le-run-curves" }, ...curves);
    this.#judgement = makeJudgement(words);
    this.judgement = this.#judgement.element;
    this.#gradients = makeGradients(plotly, words);
    this.gradients = this.#gradients.element;
    run.onNews((news) => this.#take(news));
    this.#stopWatching = watchTheme(page, () => this.#draw());
  }

  /** Mark the shown step, unless it is the newest. */
  show() {
    for (const some of [...this.#curves, this.#gradients]) some.mark(this.#run.marked);
  }

  destroy() {
    clearTimeout(this.#timer);
    this.#stopWatching();
    for (const part of [...this.#curves, this.#gradients]) part.destroy();
  }

  /** @param {import("./store.js").News} news */
  #take({ layers, health, best_step: best, reports }) {
    this.#layers = layers;
    this.#judgement.judge(health);
    for (const some of this.#curves) some.markBest(best);
    for (const report of reports) {
      this.#reports.add(report);
      if (report.validation) this.#checks.add(report);
    }
    if (!reports.length) return;
    const wait = Math.max(0, this.#notBefore - performance.now());
    this.#timer ||= setTimeout(() => this.#draw(), wait);
  }

  #draw() {
    this.#timer = 0;
    const items = this.#reports.items();
    if (!items.length) return;
    const began = performance.now();
    for (const some of this.#curves) {
      some.draw(items, this.#checks.items());
      some.mark(this.#run.marked);
    }
    this.#gradients.draw(items, this.#layers);
    this.#notBefore = began + Math.max(DRAW_MS, 5 * (performance.now() - began));
  }
}
