// @ts-check
/**
 * The view of a training run: how it stands, and its latent space as it forms.
 * Ties the parts together. Knows the DOM and not Streamlit.
 */

import { readArrays } from "../latent/latent.js";
import { fetchBytes, fetchJson, loadPlotly } from "../model/loading.js";
import { el, fill } from "../parts/dom.js";
import { themeOf, watchTheme } from "../parts/theme.js";
import { gameCurves, lossCurves, makeCurves, makeGradients, makeJudgement } from "./charts.js";
import { ENDED, makeFeed, makeSnapshots } from "./feed.js";
import { makeHead } from "./head.js";
import { makeRunMap } from "./map.js";
import { makeParts } from "./parts.js";
import { makeBars, makeGallery } from "./pictures.js";
import { makeReplay } from "./replay.js";
import { makeThinned } from "./series.js";

const MOST_REPORTS = 600; // drawn
const MOST_CHECKS = 200; // of them with validation, each a dot
const DRAW_MS = 500;
const RETRY_MS = 1_500;

/**
 * Build the view in `root`.
 * @param {HTMLElement} root an empty element
 * @param {Object} scene which run, and where its routes are
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
  let view = null;
  function open() {
    view?.destroy();
    for (const mark of Object.keys(run.dataset)) if (mark !== "testid") delete run.dataset[mark];
    view = makeView(run, scene, plotly, open);
  }
  open();
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

/** Draw how the run goes from its beginning; `onRestart` when another process works on it. */
function makeView(run, scene, plotly, onRestart) {
  const { words, name, urls, game, hasEncoder } = scene;
  const reports = makeThinned(MOST_REPORTS);
  const checks = makeThinned(MOST_CHECKS);
  const snapshots = makeSnapshots(urls.snapshot);
  const head = makeHead(words, scene.mayEndEarly);
  const map = makeRunMap(plotly, words);
  const parts = makeParts(words.parts, () => openMap().catch(console.error));
  const originals = makeGallery(words.originals, "run-originals");
  const reconstructions = makeGallery(words.reconstructions, "run-reconstructions");
  const samples = makeGallery(words.samples, "run-samples");
  const losses = game ? ["reconstruction", "kl"] : ["loss", "reconstruction", "kl"];
  const curves = [
    makeCurves(plotly, words, game ? gameCurves(game) : [], "run-game"),
    makeCurves(plotly, words, hasEncoder ? lossCurves(words, losses) : [], "run-curves"),
  ];
  const bars = makeBars(words);
  const gradients = makeGradients(plotly, words);
  const replay = makeReplay({
    words,
    name,
    animate: async () => new Blob([await fetchBytes(urls.gif)], { type: "image/gif" }),
    load: (which) => {
      if (which === "best") return snapshots.best();
      return which === null ? snapshots.latest() : snapshots.get(which);
    },
    expect: snapshots.expect,
    onShow: show,
    onLost: (is) => head.lost("snapshot", is),
  });
  const judgement = makeJudgement(words);
  const pictures = [originals, reconstructions, samples].map(({ element }) => element);
  const alone = [samples.element, el("p", { text: words.noEncoder })];
  if (!game) gradients.element.append(judgement.element);
  const look = hasEncoder
    ? el(
        "section",
        { class: "le-run-look" },
        el("div", { class: "le-run-place" }, map.element, parts.element),
        el("div", {}, ...pictures),
      )
    : el("section", { class: "le-run-alone" }, ...alone);
  run.replaceChildren(
    head.element,
    replay.element,
    look,
    ...(game ? [judgement.element] : []),
    ...curves.map(({ element }) => element),
    el("div", { class: "le-run-two" }, ...(hasEncoder ? [bars.element] : []), gradients.element),
  );

  let shown = null; // snapshot
  let layers = [];
  let marked = null; // step looked back at, or null
  let timer = 0;
  let again = 0; // timer
  let notBefore = 0;
  let gone = false;
  let pid = 0; // of the process at work
  let shots = 0; // snapshots told of

  // ---- what the run reports ------------------------------------------------------------------
  function take(news) {
    if (pid && news.pid && news.pid !== pid) return onRestart(); // it may have gone back some steps
    pid ||= news.pid;
    const isOver = ENDED.includes(news.state);
    if (news.step || news.state === "running") run.dataset.begun = "true";
    run.dataset.state = news.state;
    head.show(news);
    if (news.state === "gone") return;
    layers = news.layers;
    judgement.judge(news.health);
    for (const some of curves) some.markBest(news.best_step);
    for (const report of news.reports) {
      reports.add(report);
      if (report.validation) checks.add(report);
    }
    if (news.reports.length) drawSoon();
    replay.grow(news.snapshots, news.steps, isOver);
    if (news.ends) replay.end(news.ends);
    shots += news.snapshots.length;
    if (isOver && !shots) showNoPictures();
  }

  /** The run is over and has not kept a picture: leave no place for one. */
  function showNoPictures() {
    for (const part of [replay.element, look, bars.element]) part.remove();
    run.dataset.ready = "true";
  }

  /** Curves are drawn at most twice a second, and less often where that takes long. */
  function drawSoon() {
    timer ||= setTimeout(draw, Math.max(0, notBefore - performance.now()));
  }

  function draw() {
    timer = 0;
    const items = reports.items();
    if (!items.length) return;
    const began = performance.now();
    for (const some of curves) {
      some.draw(items, checks.items());
      some.mark(marked);
    }
    gradients.draw(items, layers);
    notBefore = began + Math.max(DRAW_MS, 5 * (performance.now() - began));
  }

  // ---- what a snapshot shows -----------------------------------------------------------------
  function show(shot, glideMs, isLive) {
    shown = shot;
    samples.draw(shot.samples);
    if (hasEncoder) {
      reconstructions.draw(shot.x_hat);
      bars.draw(shot.kl.values, shot.variance.values);
      showOnMap(glideMs);
    }
    const step = shot.step.values[0];
    marked = isLive ? null : step;
    for (const some of curves) some.mark(marked);
    gradients.mark(marked);
    run.dataset.step = step;
    if (!hasEncoder) run.dataset.ready = "true";
  }

  let opened = null;
  /** Fetch once what all snapshots share; the pictures of a snapshot do not wait for that. */
  function opening() {
    opened ??= Promise.all([
      fetchBytes(urls.items).then((bytes) => {
        const { x, held_out: heldOut } = readArrays(bytes);
        originals.draw(x);
        parts.offer(heldOut);
      }),
      openMap(),
    ]).catch((error) => {
      opened = null;
      throw error;
    });
    return opened;
  }

  async function showOnMap(glideMs) {
    clearTimeout(again);
    const isThere = await opening().then(
      () => true,
      () => false,
    );
    if (gone) return;
    head.lost("map", !isThere);
    if (!isThere) {
      again = setTimeout(showOnMap, RETRY_MS, 0);
      return;
    }
    map.show(shown.xy.values, glideMs);
    run.dataset.ready = "true";
  }

  let theme = themeOf(run);
  async function openMap() {
    const figure = await fetchJson(`${urls.map}?theme=${theme}&part=${parts.chosen()}`);
    if (!gone) await map.open(figure);
  }

  const stopWatching = watchTheme(() => {
    if (themeOf(run) === theme) return;
    theme = themeOf(run);
    draw();
    if (opened) openMap().catch(console.error);
  });
  const feed = makeFeed(urls.progress, take, (is) => head.lost("news", is));

  return {
    wake: feed.wake,
    destroy() {
      gone = true;
      clearTimeout(timer);
      clearTimeout(again);
      stopWatching();
      for (const part of [feed, replay, map, ...curves, gradients]) part.destroy();
    },
  };
}
