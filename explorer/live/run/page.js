// @ts-check
/**
 * The view of a training run: its progress, and its latent space as it forms. Lists its parts and
 * lays them out. Knows the DOM, not Streamlit.
 */

import { loadPlotly } from "../model/loading.js";
import { el, fill } from "../parts/dom.js";
import { ENDED, makeFeed } from "./feed.js";
import { RunHead } from "./head.js";
import { SnapshotLook } from "./look.js";
import { makeReplay } from "./replay.js";
import { ReportCharts } from "./reports.js";
import { RunStore } from "./store.js";

/** @import { RunScene, View, Words } from "../types.js" */

/**
 * What all parts are given.
 * @typedef {Object} RunGiven
 * @property {HTMLElement} page
 * @property {RunScene} scene
 * @property {Words} words
 * @property {RunStore} run what is known of the run, and which moment of it is shown
 * @property {Promise<Object>} plotly the library, when it is there
 */

/**
 * Build the view in `root`.
 * @param {HTMLElement} root an empty element
 * @param {RunScene} scene which run, and where its routes are
 * @returns {Promise<{update: function(Object): void, destroy: function(): void}>}
 */
export async function mount(root, scene) {
  const { words, name } = scene;
  const page = el("div", {
    "data-testid": "run",
    class: "le-run",
    role: "region",
    "aria-label": fill(words.label, { name }),
  });
  root.replaceChildren(page);
  const plotly = Promise.resolve(loadPlotly(scene.urls.plotly));
  /** Show the run from its start; again if another process takes over. */
  const open = () => {
    for (const mark of Object.keys(page.dataset)) if (mark !== "testid") delete page.dataset[mark];
    return new RunView(page, scene, plotly, () => {
      view.destroy();
      view = open();
    });
  };
  let view = open();
  plotly.catch((error) => {
    view.destroy();
    page.textContent = `${words.failed} ${error.message}`;
    console.error(error);
  });
  return {
    update: () => view.wake(),
    destroy() {
      view.destroy();
      page.remove();
    },
  };
}

/** A run, shown from its start. */
class RunView {
  #given;
  #onRestart;
  #parts;
  #feed;
  #pid = 0; // of the training process
  #shots = 0; // snapshots so far

  /**
   * @param {HTMLElement} page
   * @param {RunScene} scene
   * @param {Promise<Object>} plotly the library, when it is there
   * @param {function(): void} onRestart another process works on the run
   */
  constructor(page, scene, plotly, onRestart) {
    const run = new RunStore();
    this.#given = { page, scene, words: scene.words, run, plotly };
    this.#onRestart = onRestart;
    this.#parts = makeParts(this.#given);
    layOut(this.#given, this.#parts);
    run.subscribe(({ kind }) => kind === "shot" && this.#show());
    this.#feed = makeFeed(
      scene.urls.progress,
      (news) => this.#take(news),
      (is) => run.lose("news", is),
    );
  }

  /** The run may have been resumed. */
  wake() {
    this.#feed.wake();
  }

  destroy() {
    this.#feed.destroy();
    for (const part of this.#list) part.destroy?.();
    this.#given.run.destroy();
  }

  /** @type {View[]} */
  get #list() {
    return Object.values(this.#parts);
  }

  /** @param {import("./store.js").News} news what the run has reported since */
  #take(news) {
    const { page, run } = this.#given;
    const { pid, state, step, snapshots } = news;
    if (this.#pid && pid && pid !== this.#pid) return this.#onRestart(); // the run may have gone back to a checkpoint
    this.#pid ||= pid;
    if (step || state === "running") page.dataset.begun = "true";
    page.dataset.state = state;
    run.take(news);
    this.#shots += snapshots.length;
    if (state !== "gone" && ENDED.includes(state) && !this.#shots) this.#showNoPictures();
  }

  /** The run ended without a snapshot: remove the empty places. */
  #showNoPictures() {
    const { replay, look } = this.#parts;
    for (const { element } of [replay, look, look.bars]) element.remove();
    this.#given.page.dataset.ready = "true";
  }

  #show() {
    const { page, run } = this.#given;
    page.dataset.step = run.shot?.step.values[0];
    for (const part of this.#list) part.show?.();
  }
}

/** @param {RunGiven} given */
function makeParts(given) {
  return {
    head: new RunHead(given),
    charts: new ReportCharts(given),
    look: new SnapshotLook(given),
    replay: makeReplay(given),
  };
}

/** @param {RunGiven} given @param {ReturnType<typeof makeParts>} parts */
function layOut({ page, scene: { adversarial, hasEncoder } }, { head, charts, look, replay }) {
  const { judgement, gradients } = charts;
  if (!adversarial) gradients.append(judgement);
  page.replaceChildren(
    head.element,
    replay.element,
    look.element,
    ...(adversarial ? [judgement] : []),
    charts.element,
    el("div", { class: "le-run-two" }, ...(hasEncoder ? [look.bars.element] : []), gradients),
  );
}
