/**
 * The view of a training run: how it stands, and its latent space as it forms.
 * Ties the parts together. Knows the DOM and not Streamlit.
 */

import { el, fill } from "./dom.js";
import { readArrays } from "./latent.js";
import { fetchBytes, fetchJson, loadPlotly } from "./loading.js";
import { gameCurves, lossCurves, makeCurves, makeGradients, makeJudgement } from "./run-charts.js";
import { ENDED, makeFeed, makeSnapshots } from "./run-feed.js";
import { makeHead } from "./run-head.js";
import { makeRunMap } from "./run-map.js";
import { makeBars, makeGallery } from "./run-pictures.js";
import { makeReplay } from "./run-replay.js";
import { makeThinned } from "./run-series.js";
import { themeOf, watchTheme } from "./theme.js";

const MOST_REPORTS = 600; // drawn
const MOST_CHECKS = 200; // of them with validation, each a dot
const DRAW_MS = 500;

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
    text: words.opening,
  });
  root.replaceChildren(run);
  let view = null;
  let gone = false;
  Promise.resolve(loadPlotly(scene.urls.plotly))
    .then((Plotly) => {
      if (!gone) view = makeView(run, scene, Plotly);
    })
    .catch((error) => {
      run.textContent = `${words.failed} ${error.message}`;
      console.error(error);
    });
  return {
    update: () => view?.wake(),
    destroy() {
      gone = true;
      view?.destroy();
      run.remove();
    },
  };
}

function makeView(run, scene, Plotly) {
  const { words, imageShape, urls, game, hasEncoder } = scene;
  const reports = makeThinned(MOST_REPORTS);
  const checks = makeThinned(MOST_CHECKS);
  const snapshots = makeSnapshots(urls.snapshot);
  const head = makeHead(words);
  const map = makeRunMap(Plotly, words);
  const originals = makeGallery(imageShape, words.originals, "run-originals");
  const reconstructions = makeGallery(imageShape, words.reconstructions, "run-reconstructions");
  const samples = makeGallery(imageShape, words.samples, "run-samples");
  const losses = game ? ["reconstruction", "kl"] : ["loss", "reconstruction", "kl"];
  const curves = [
    makeCurves(Plotly, words, game ? gameCurves(game) : [], "run-game"),
    makeCurves(Plotly, words, hasEncoder ? lossCurves(words, losses) : [], "run-curves"),
  ];
  const bars = makeBars(words);
  const gradients = makeGradients(Plotly, words);
  const replay = makeReplay({
    words,
    async load(index) {
      await opening();
      return index === null ? snapshots.latest() : snapshots.get(index);
    },
    expect: snapshots.expect,
    onShow: show,
    onLost: (is) => head.lost("snapshot", is),
  });
  const judgement = makeJudgement(words);
  const pictures = [originals, reconstructions, samples].map(({ element }) => element);
  const alone = [samples.element, el("p", { text: words.noEncoder })];
  if (!game) gradients.element.append(judgement.element);
  run.replaceChildren(
    head.element,
    replay.element,
    hasEncoder
      ? el("section", { class: "le-run-look" }, map.element, el("div", {}, ...pictures))
      : el("section", { class: "le-run-alone" }, ...alone),
    ...(game ? [judgement.element] : []),
    ...curves.map(({ element }) => element),
    el("div", { class: "le-run-two" }, ...(hasEncoder ? [bars.element] : []), gradients.element),
  );

  let layers = [];
  let marked = null; // step looked back at, or null
  let timer = 0;
  let notBefore = 0;
  let gone = false;

  // ---- what the run reports ------------------------------------------------------------------
  function take(news) {
    const isOver = ENDED.includes(news.state);
    run.dataset.state = news.state;
    head.show(news);
    if (news.state === "gone") return;
    layers = news.layers;
    judgement.judge(news.health);
    for (const report of news.reports) {
      reports.add(report);
      if (report.validation) checks.add(report);
    }
    if (news.reports.length) drawSoon();
    replay.grow(news.snapshots, news.steps, isOver);
    if (isOver && !run.dataset.step) run.dataset.ready = "true"; // nothing more will come
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
    samples.draw(shot.samples);
    if (hasEncoder) {
      map.show(shot.xy.values, glideMs);
      reconstructions.draw(shot.x_hat);
      bars.draw(shot.kl.values, shot.variance.values);
    }
    const step = shot.step.values[0];
    marked = isLive ? null : step;
    for (const some of curves) some.mark(marked);
    gradients.mark(marked);
    run.dataset.step = step;
    run.dataset.ready = "true";
  }

  let opened = null;
  /** Fetch once what all snapshots share. */
  function opening() {
    if (!hasEncoder) return null;
    opened ??= Promise.all([
      openMap(),
      fetchBytes(urls.items).then((bytes) => originals.draw(readArrays(bytes).x)),
    ]).catch((error) => {
      opened = null;
      throw error;
    });
    return opened;
  }

  let theme = themeOf(run);
  async function openMap() {
    const figure = await fetchJson(`${urls.map}?theme=${theme}`);
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
      stopWatching();
      for (const part of [feed, replay, map, ...curves, gradients]) part.destroy();
    },
  };
}
