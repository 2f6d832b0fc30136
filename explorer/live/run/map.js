// @ts-check
/**
 * The map of a run: the same dots, gliding from snapshot to snapshot over axes that keep still.
 * Knows positions, not what they mean.
 */

import { el } from "../parts/dom.js";
import { innerSize, itemsOfTraces, legendNames, makePlot } from "../parts/plot.js";

const CONFIG = { displayModeBar: false, doubleClick: false, showTips: false };
const ROOM = 1.15; // of what the dots need
const LOOSE = 0.6; // share of the view that the dots must fill, or it shrinks to them
const WIDE = 420; // pixels from which a legend has room beside the dots
const SHORT = 12; // letters of a name that does

/**
 * @param {Promise<Object>} plotly the library, when it is there
 * @param {Object} words the catalogue's part for runs
 */
export function makeRunMap(plotly, words) {
  const plot = makePlot({ class: "le-run-plot" });
  const props = { class: "le-run-map le-run-empty", "data-testid": "run-map", role: "img" };
  const element = el(
    "div",
    { ...props, "aria-label": words.mapLabel, "data-wait": words.mapWait },
    plot,
  );
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let Plotly = null;
  let rows = null; // of each trace: which dots it has; null while nothing or half of it is drawn
  let isEven = true; // whether a distance looks the same in any direction
  let xy = null; // where the dots are drawn, or will be, (2n,)
  let view = null; // middle, and units per pixel: {x, y, perX, perY}
  let frame = 0;
  let opened = 0; // figures taken

  function draw(nextXy, nextView) {
    const { w, h } = innerSize(plot);
    const along = (axis) => rows.map((mine) => mine.map((dot) => nextXy[2 * dot + axis]));
    const range = (middle, half) => [middle - half, middle + half];
    const ranges = nextView !== view && {
      "xaxis.range": range(nextView.x, (nextView.perX * w) / 2),
      "yaxis.range": range(nextView.y, (nextView.perY * h) / 2),
    };
    [xy, view] = [nextXy, nextView];
    Plotly.update(plot, { x: along(0), y: along(1) }, ranges || {});
  }

  /** Keep the view while the dots fit it well. */
  function viewOf(next) {
    const { w, h } = innerSize(plot);
    const [left, right] = extent(next, 0);
    const [low, high] = extent(next, 1);
    let perX = ((right - left) * ROOM) / w || 1 / w;
    let perY = ((high - low) * ROOM) / h || 1 / h;
    if (isEven) perX = perY = Math.max(perX, perY);
    const fits =
      view &&
      Math.max(right - view.x, view.x - left) * 2 < view.perX * w &&
      Math.max(high - view.y, view.y - low) * 2 < view.perY * h &&
      Math.max(perX / view.perX, perY / view.perY) > LOOSE;
    return fits ? view : { x: (left + right) / 2, y: (low + high) / 2, perX, perY };
  }

  function glide(to, glideMs) {
    const from = xy;
    const fromView = view;
    const toView = viewOf(to);
    const began = performance.now();
    let next = 0;
    const step = (now) => {
      const t = Math.max(0, Math.min(1, (now - began) / glideMs));
      if (t < 1) frame = requestAnimationFrame(step);
      if (t < 1 && now < next) return;
      const part = t * t * (3 - 2 * t);
      const start = performance.now();
      draw(
        to.map((goal, i) => from[i] + part * (goal - from[i])),
        between(fromView, toView, part),
      );
      // Drawing may take a third of the time, the rest is the run's.
      next = now + 3 * (performance.now() - start);
    };
    step(began);
  }

  const resized = new ResizeObserver(() => {
    if (!rows || !xy || !plot.offsetParent) return;
    cancelAnimationFrame(frame);
    Plotly.relayout(plot, { ...sizes(), autosize: true });
    view = null;
    draw(xy, viewOf(xy));
  });
  resized.observe(plot);

  function sizes() {
    const names = legendNames(plot).map(({ length }) => length);
    const isWide = plot.clientWidth > WIDE && Math.max(0, ...names) <= SHORT;
    const beside = { x: 1.02, y: 1, yanchor: "top", orientation: "v", maxheight: 0.98 };
    const above = { x: 0, y: 1.02, yanchor: "bottom", orientation: "h", maxheight: 48 };
    return {
      margin: { l: 44, r: 8, t: isWide || !names.length ? 10 : 50, b: 36, autoexpand: isWide },
      legend: { ...plot.layout.legend, ...(isWide ? beside : above) },
    };
  }

  return {
    element,
    /** Take a figure made by `figures.py`: colours and titles; positions come by `show`. */
    async open({ data, layout }) {
      const mine = ++opened;
      cancelAnimationFrame(frame);
      rows = null; // from here on nothing is read until the figure is there
      Plotly = await plotly;
      if (mine !== opened) return;
      isEven = Boolean(layout.yaxis.scaleanchor);
      const axis = { fixedrange: true, autorange: false, scaleanchor: undefined };
      const quiet = {
        dragmode: false,
        hovermode: false,
        hoveranywhere: false,
        clickanywhere: false,
      };
      const [xaxis, yaxis] = ["xaxis", "yaxis"].map((name) => ({
        ...layout[name],
        ...axis,
        range: plot.layout?.[name].range,
      }));
      await Plotly.react(plot, data, { ...layout, ...quiet, xaxis, yaxis }, CONFIG);
      if (mine !== opened) return;
      await Plotly.relayout(plot, { ...sizes(), autosize: true });
      if (mine !== opened) return;
      rows = itemsOfTraces(plot);
      if (xy) draw(xy, view ? { ...view } : viewOf(xy));
    },
    /** @param {Float32Array} next positions (n, 2) @param {number} glideMs time to get there */
    show(next, glideMs) {
      element.classList.remove("le-run-empty");
      cancelAnimationFrame(frame);
      if (!rows) {
        xy = next; // drawn with the figure
        return;
      }
      if (xy?.length === next.length && glideMs >= 100 && !still.matches) glide(next, glideMs);
      else draw(next, viewOf(next));
    },
    destroy() {
      cancelAnimationFrame(frame);
      resized.disconnect();
      opened++;
      rows = xy = null;
      Plotly?.purge(plot);
    },
  };
}

function extent(xy, axis) {
  let [low, high] = [Infinity, -Infinity];
  for (let i = axis; i < xy.length; i += 2) {
    if (xy[i] < low) low = xy[i];
    if (xy[i] > high) high = xy[i];
  }
  return low <= high && Number.isFinite(high - low) ? [low, high] : [-1, 1];
}

function between(from, to, part) {
  if (from === to) return to;
  const mix = (name) => from[name] + part * (to[name] - from[name]);
  return { x: mix("x"), y: mix("y"), perX: mix("perX"), perY: mix("perY") };
}
