// @ts-check
/** Which moment of a run is looked at: the newest, a chosen one, or one after the other. */

import { el, fill, save } from "../parts/dom.js";
import { count } from "./series.js";

const GLIDE_MS = 300;
const TICK_MS = 50; // at most 20 snapshots a second
const WHOLE_MS = 10_000; // a whole run
const EACH_MS = 400; // a snapshot, at most
const AHEAD = 5;
const RETRY_MS = 1_500;
const NAMED = ["live", "best"]; // modes that show no chosen moment

const isNamed = (mode) => NAMED.includes(mode);

/**
 * @param {Object} options
 * @param {Object} options.words the catalogue's part for runs
 * @param {function(number|string|null): Promise<Object>} options.load a snapshot, the newest
 *     (null), or that of the best weights ("best")
 * @param {function(): Promise<Blob>} options.animate all of them as a GIF
 * @param {string} options.name what to call that
 * @param {function(number): void} options.expect a snapshot will be wanted soon
 * @param {function(Object, number, boolean): void} options.onShow a snapshot, the time to glide
 *     to it, and whether it is the newest
 * @param {function(boolean): void} options.onLost whether a snapshot could not be fetched
 */
export function makeReplay({ words, name, load, animate, expect, onShow, onLost }) {
  const button = (id, help, onclick) =>
    el("button", {
      class: "le-run-button",
      "data-testid": id,
      title: help,
      type: "button",
      onclick,
    });
  const play = button("run-play", words.playHelp, () => (mode === "play" ? choose(at) : start()));
  const live = button("run-live", words.liveHelp, follow);
  const best = button("run-best", words.bestHelp, showBest);
  const tick = el("i", { class: "le-run-tick", hidden: true });
  const slider = el("input", {
    type: "range",
    min: 0,
    max: 0,
    value: 0,
    "data-testid": "run-scrubber",
    "aria-label": words.scrubber,
    oninput: () => choose(Number(slider.value)),
  });
  const label = el("output", { class: "le-run-step" });
  const gif = button("run-gif", words.gifHelp, saveGif);
  const trouble = el("p", { class: "le-run-error", role: "alert", hidden: true });
  const element = el(
    "div",
    {},
    el(
      "div",
      { class: "le-run-replay" },
      play,
      el("div", { class: "le-run-track" }, tick, slider),
      best,
      live,
      label,
      gif,
    ),
    trouble,
  );
  const steps = []; // of each snapshot
  let total = 0;
  let ends = null; // once the run is over: which of its ends is kept, and the step of each
  let mode = "live"; // or "held", "play", or "best"
  let at = 0; // index of the chosen snapshot
  let wanted = null;
  let loading = false;
  let timer = 0;
  let retry = 0;
  let glideMs = GLIDE_MS;
  let animating = false;
  let gone = false;

  const last = () => steps.length - 1;

  /** Show one snapshot after the other; of those asked for meanwhile, only the newest. */
  async function show(index) {
    wanted = index;
    if (loading) return;
    loading = true;
    clearTimeout(retry);
    while (wanted !== null) {
      const mine = wanted;
      const asked = mode;
      const isLive = mode === "live";
      wanted = null;
      const shot = await load(isLive ? null : asked === "best" ? "best" : mine).catch(() => null);
      if (gone) return;
      onLost(!shot);
      if (!shot) retry = setTimeout(() => show(mine), RETRY_MS);
      // Apart, so that no mistake there ends this loop.
      else if (asked === mode || !(isNamed(asked) || isNamed(mode)))
        queueMicrotask(() => onShow(shot, glideMs, isLive));
    }
    loading = false;
  }

  function enter(next) {
    clearTimeout(timer);
    mode = next;
    glideMs = GLIDE_MS;
    play.textContent = mode === "play" ? words.pause : words.play;
    live.setAttribute("aria-pressed", String(mode === "live"));
    best.setAttribute("aria-pressed", String(mode === "best"));
    say();
  }

  function follow() {
    enter("live");
    at = last();
    say();
    if (at >= 0) show(at);
  }

  /** Show the weights with the smallest held-out loss, which have a snapshot of their own. */
  function showBest() {
    enter("best");
    at = nearest(ends.best);
    say();
    show(at);
  }

  const nearest = (step) =>
    Math.max(
      0,
      steps.findLastIndex((other) => other <= step),
    );

  function choose(index) {
    if (index >= last()) return follow();
    enter("held");
    go(index);
  }

  function go(index) {
    at = index;
    say();
    show(index);
  }

  /** Play from the chosen moment, or from the beginning if that is the newest. */
  function start() {
    const from = isNamed(mode) ? 0 : at;
    enter("play");
    const eachMs = Math.min(WHOLE_MS / steps.length, EACH_MS);
    glideMs = eachMs;
    const began = performance.now();
    const stride = Math.max(1, Math.round(TICK_MS / eachMs));
    const tick = () => {
      const index = from + Math.floor((performance.now() - began) / eachMs);
      if (index >= last()) return follow();
      timer = setTimeout(tick, Math.max(TICK_MS, eachMs));
      if (!loading) go(index);
      for (let k = 1; k <= AHEAD; k++) {
        if (index + k * stride < last()) expect(index + k * stride);
      }
    };
    tick();
  }

  async function saveGif() {
    animating = true;
    say();
    const [blob, error] = await animate().then(
      (blob) => [blob, null],
      (error) => [null, error],
    );
    animating = false;
    if (gone) return;
    say();
    trouble.hidden = !error;
    trouble.textContent = error?.message ?? "";
    if (blob) save(blob, `${name}.gif`);
  }

  /** Bring controls and label up to date. */
  function say() {
    const index = Math.max(0, at);
    slider.max = String(Math.max(0, last()));
    slider.value = String(index);
    slider.disabled = play.disabled = steps.length < 2;
    live.disabled = steps.length < 1;
    gif.disabled = animating || steps.length < 2;
    gif.textContent = animating ? words.gifMaking : words.gif;
    const step = mode === "best" ? ends.best : steps[index];
    label.textContent = steps.length
      ? fill(words.stepOf, { step: count(step), steps: count(ends?.last ?? total) })
      : "";
    sayEnds();
    slider.setAttribute("aria-valuetext", label.textContent);
  }

  /** Name both ends of a run that is over, and mark the best one on the track. */
  function sayEnds() {
    best.hidden = tick.hidden = !ends?.best;
    if (best.hidden) return;
    best.textContent = ends.kept === "best" ? words.bestKept : words.best;
    live.textContent = ends.kept === "last" ? words.lastKept : words.last;
    tick.style.setProperty("--le-at", String(nearest(ends.best) / Math.max(1, last())));
  }

  live.textContent = words.live;
  best.hidden = true;
  enter("live");
  return {
    element,
    /** Snapshots were made; while following, the newest is shown. */
    grow(news, ofSteps, isOver) {
      for (const { step } of news) steps.push(step);
      total = ofSteps;
      live.textContent = isOver ? words.latest : words.live;
      if (news.length && mode === "live") follow();
      else say();
    },
    /** The run is over: show what is kept, unless somebody looks at another moment. */
    end(news) {
      const isNew = news.kept !== ends?.kept;
      ends = news;
      if (!isNew || !isNamed(mode)) return say();
      if (ends.kept === "best" && ends.best) showBest();
      else follow();
    },
    destroy() {
      gone = true;
      clearTimeout(timer);
      clearTimeout(retry);
    },
  };
}
