// @ts-check
/**
 * The view of a training run: how it stands, and its latent space as it forms.
 * Ties the parts together. Knows the DOM and not Streamlit.
 */

import { fetchBytes, loadPlotly } from "../model/loading.js";
import { el, fill } from "../parts/dom.js";
import { themeOf, watchTheme } from "../parts/theme.js";
import { ENDED, makeFeed, makeSnapshots } from "./feed.js";
import { makeHead } from "./head.js";
import { SnapshotLook } from "./look.js";
import { Replay } from "./replay.js";
import { ReportCharts } from "./reports.js";

/** @import { RunScene } from "../types.js" */

/**
 * Build the view in `root`.
 * @param {HTMLElement} root an empty element
 * @param {RunScene} scene which run, and where its routes are
 * @returns {Promise<{update: function(Object): void, destroy: function(): void}>}
 */
export async function mount(root, scene) {
  const { words, name } = scene;
  const run = el("div", {
    "data-testid": "run",
    class: "le-run",
    role: "region",
    "aria-label": fill(words.label, { name }),
  });
  root.replaceChildren(run);
  const plotly = Promise.resolve(loadPlotly(scene.urls.plotly));
  /** Show the run from its beginning, once more where another process works on it. */
  const open = () => {
    for (const mark of Object.keys(run.dataset)) if (mark !== "testid") delete run.dataset[mark];
    return new RunView(run, scene, plotly, () => {
      view.destroy();
      view = open();
    });
  };
  let view = open();
  plotly.catch((error) => {
    view.destroy();
    run.textContent = `${words.failed} ${error.message}`;
    console.error(error);
  });
  return {
    update: () => view.wake(),
    destroy() {
      view.destroy();
      run.remove();
    },
  };
}

/** How a run goes, from its beginning. */
class RunView {
  #run;
  #onRestart;
  #head;
  #charts;
  #look;
  #replay;
  #feed;
  #stopWatching;
  #pid = 0; // of the process at work
  #shots = 0; // snapshots that there are

  /**
   * @param {HTMLElement} run
   * @param {RunScene} scene
   * @param {Promise<Object>} plotly
   * @param {function(): void} onRestart another process works on the run
   */
  constructor(run, scene, plotly, onRestart) {
    [this.#run, this.#onRestart] = [run, onRestart];
    this.#head = makeHead(scene.words, scene.mayEndEarly);
    this.#charts = new ReportCharts(plotly, scene);
    this.#look = new SnapshotLook(run, scene, plotly, {
      lost: (is) => this.#head.lost("map", is),
      ready: () => (run.dataset.ready = "true"),
    });
    this.#replay = this.#makeReplay(scene);
    this.#layOut(scene);
    let theme = themeOf(run);
    this.#stopWatching = watchTheme(() => {
      if (themeOf(run) === theme) return;
      theme = themeOf(run);
      this.#charts.draw();
      this.#look.repaint();
    });
    this.#feed = makeFeed(
      scene.urls.progress,
      (news) => this.#take(news),
      (is) => this.#head.lost("news", is),
    );
  }

  /** The run may go on after all. */
  wake() {
    this.#feed.wake();
  }

  destroy() {
    this.#stopWatching();
    for (const part of [this.#feed, this.#replay, this.#look, this.#charts]) part.destroy();
  }

  /** @param {RunScene} scene */
  #makeReplay({ words, name, urls, replays }) {
    const snapshots = makeSnapshots(urls.snapshot);
    return new Replay({
      words,
      name,
      formats: replays,
      write: async ({ url, mediaType }) => new Blob([await fetchBytes(url)], { type: mediaType }),
      load: (which) => {
        if (which === "best") return snapshots.best();
        return which === null ? snapshots.latest() : snapshots.get(which);
      },
      expect: snapshots.expect,
      onShow: (shot, glideMs, isLive) => this.#show(shot, glideMs, isLive),
      onLost: (is) => this.#head.lost("snapshot", is),
    });
  }

  /** @param {RunScene} scene */
  #layOut({ adversarial, hasEncoder }) {
    const { judgement, gradients, elements } = this.#charts;
    if (!adversarial) gradients.element.append(judgement.element);
    const bars = hasEncoder ? [this.#look.bars.element] : [];
    this.#run.replaceChildren(
      this.#head.element,
      this.#replay.element,
      this.#look.element,
      ...(adversarial ? [judgement.element] : []),
      ...elements,
      el("div", { class: "le-run-two" }, ...bars, gradients.element),
    );
  }

  /** @param {Object<string, any>} news what the run has reported since */
  #take(news) {
    const { pid, state, snapshots } = news;
    if (this.#pid && pid && pid !== this.#pid) return this.#onRestart(); // it may have gone back
    this.#pid ||= pid;
    const isOver = ENDED.includes(state);
    if (news.step || state === "running") this.#run.dataset.begun = "true";
    this.#run.dataset.state = state;
    this.#head.show(news);
    if (state === "gone") return;
    this.#charts.take(news);
    this.#replay.grow(snapshots, news.steps, isOver);
    if (news.ends) this.#replay.end(news.ends);
    this.#shots += snapshots.length;
    if (isOver && !this.#shots) this.#showNoPictures();
  }

  /** The run is over and has not kept a picture: leave no place for one. */
  #showNoPictures() {
    for (const { element } of [this.#replay, this.#look, this.#look.bars]) element.remove();
    this.#run.dataset.ready = "true";
  }

  /** @param {any} shot @param {number} glideMs @param {boolean} isLive whether it is the newest */
  #show(shot, glideMs, isLive) {
    const step = shot.step.values[0];
    this.#charts.mark(isLive ? null : step);
    this.#run.dataset.step = step;
    this.#look.show(shot, glideMs);
  }
}
