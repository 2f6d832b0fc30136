// @ts-check
/** Chooses the moment of a run that is shown: the newest, a chosen one, or one after another. */

import { fetchBytes } from "../model/loading.js";
import { el, fill, save } from "../parts/dom.js";
import { makeFormats } from "../parts/formats.js";
import { ENDED, makeSnapshots } from "./feed.js";

const GLIDE_MS = 300;
const TICK_MS = 50; // at most 20 snapshots a second
const WHOLE_MS = 10_000; // to play a whole run
const EACH_MS = 400; // per snapshot, at most
const AHEAD = 5;
const RETRY_MS = 1_500;
const NAMED = ["live", "best"]; // modes that do not show a chosen snapshot

/** @import { ExportScene } from "../types.js" */
/** @typedef {"live"|"held"|"play"|"best"} Mode */
/** @typedef {{kept: string, best: number|null, last: number}} Ends which is kept, and the step of each */

const isNamed = (/** @type {Mode} */ mode) => NAMED.includes(mode);

/**
 * @typedef {Object} ReplayOptions
 * @property {Object<string, any>} words the catalogue's part for runs
 * @property {function(number|string|null): Promise<Object>} load a snapshot, the newest (null), or
 *     that of the best weights ("best")
 * @property {ExportScene[]} formats to save all of them in
 * @property {function(ExportScene): Promise<Blob>} write them in a format
 * @property {string} name what to call that file
 * @property {function(number): void} expect a snapshot will be wanted soon
 * @property {function(Object, number, boolean): void} onShow a snapshot, the time to glide to it, and
 *     whether it is the newest
 * @property {function(boolean): void} onLost whether a snapshot could not be fetched
 */

class Replay {
  element;
  #of;
  #controls;
  /** @type {number[]} of each snapshot */
  #steps = [];
  #total = 0;
  /** @type {Ends|null} once the run is over */
  #ends = null;
  /** @type {Mode} */
  #mode = "live";
  #at = 0; // index of the chosen snapshot
  /** @type {number|null} */
  #wanted = null;
  #isLoading = false;
  #timer = 0;
  #retry = 0;
  #glideMs = GLIDE_MS;
  #isWriting = false;
  #gone = false;

  /** @param {ReplayOptions} options */
  constructor(options) {
    this.#of = options;
    this.#controls = makeControls(options, {
      play: () => (this.#mode === "play" ? this.#choose(this.#at) : this.#play()),
      live: () => this.#follow(),
      best: () => this.#showBest(),
      save: () => this.#save(),
      choose: () => this.#say(),
      slide: (index) => this.#choose(index),
    });
    this.element = this.#controls.element;
    this.#enter("live");
  }

  /**
   * Add new snapshots; the newest is shown in live mode.
   * @param {{step: number}[]} news
   * @param {number} ofSteps
   * @param {boolean} isOver
   */
  grow(news, ofSteps, isOver) {
    const { words } = this.#of;
    for (const { step } of news) this.#steps.push(step);
    this.#total = ofSteps;
    this.#controls.live.textContent = isOver ? words.latest : words.live;
    if (news.length && this.#mode === "live") this.#follow();
    else this.#say();
  }

  /** The run is over: show the weights it keeps, unless another moment is chosen. */
  end(/** @type {Ends} */ news) {
    const isNew = news.kept !== this.#ends?.kept;
    this.#ends = news;
    if (!isNew || !isNamed(this.#mode)) return this.#say();
    if (news.kept === "best" && news.best) this.#showBest();
    else this.#follow();
  }

  destroy() {
    this.#gone = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#retry);
  }

  get #last() {
    return this.#steps.length - 1;
  }

  /** Show a snapshot; of those requested while it loads, only the last. */
  async #show(/** @type {number} */ index) {
    this.#wanted = index;
    if (this.#isLoading) return;
    this.#isLoading = true;
    clearTimeout(this.#retry);
    while (this.#wanted !== null) {
      const mine = this.#wanted;
      this.#wanted = null;
      if (!(await this.#load(mine))) return;
    }
    this.#isLoading = false;
  }

  /** Fetch one snapshot and show it. @returns {Promise<boolean>} whether the page is still there */
  async #load(/** @type {number} */ index) {
    const { load, onLost, onShow } = this.#of;
    const asked = this.#mode;
    const isLive = asked === "live";
    const shot = await load(isLive ? null : asked === "best" ? "best" : index).catch(() => null);
    if (this.#gone) return false;
    const isSame = asked === this.#mode || !(isNamed(asked) || isNamed(this.#mode));
    onLost(!shot);
    if (!shot) this.#retry = setTimeout(() => this.#show(index), RETRY_MS);
    // In a microtask, so that an error there does not end this loop.
    else if (isSame) queueMicrotask(() => onShow(shot, this.#glideMs, isLive));
    return true;
  }

  #enter(/** @type {Mode} */ mode) {
    const { words } = this.#of;
    const { play, live, best } = this.#controls;
    clearTimeout(this.#timer);
    this.#mode = mode;
    this.#glideMs = GLIDE_MS;
    play.textContent = mode === "play" ? words.pause : words.play;
    live.setAttribute("aria-pressed", String(mode === "live"));
    best.setAttribute("aria-pressed", String(mode === "best"));
    this.#say();
  }

  #follow() {
    this.#enter("live");
    this.#at = this.#last;
    this.#say();
    if (this.#at >= 0) this.#show(this.#at);
  }

  /** Show the weights with the smallest held-out loss; they have their own snapshot. */
  #showBest() {
    this.#enter("best");
    this.#go(this.#nearest(this.#ends?.best));
  }

  /** The last snapshot up to a step. */
  #nearest(/** @type {number|null|undefined} */ step) {
    return Math.max(
      0,
      this.#steps.findLastIndex((other) => other <= Number(step)),
    );
  }

  #choose(/** @type {number} */ index) {
    if (index >= this.#last) return this.#follow();
    this.#enter("held");
    this.#go(index);
  }

  #go(/** @type {number} */ index) {
    this.#at = index;
    this.#say();
    this.#show(index);
  }

  /** Play from the chosen moment, or from the beginning if that is the newest. */
  #play() {
    const from = isNamed(this.#mode) ? 0 : this.#at;
    this.#enter("play");
    const eachMs = Math.min(WHOLE_MS / this.#steps.length, EACH_MS);
    this.#glideMs = eachMs;
    const began = performance.now();
    const stride = Math.max(1, Math.round(TICK_MS / eachMs));
    const tick = () => {
      const index = from + Math.floor((performance.now() - began) / eachMs);
      if (index >= this.#last) return this.#follow();
      this.#timer = setTimeout(tick, Math.max(TICK_MS, eachMs));
      if (!this.#isLoading) this.#go(index);
      for (let k = 1; k <= AHEAD; k++) {
        if (index + k * stride < this.#last) this.#of.expect(index + k * stride);
      }
    };
    tick();
  }

  async #save() {
    const { trouble, formats } = this.#controls;
    const format = formats.chosen();
    this.#isWriting = true;
    this.#say();
    const [blob, error] = await this.#of.write(format).then(
      (blob) => [blob, null],
      (error) => [null, error],
    );
    this.#isWriting = false;
    if (this.#gone) return;
    this.#say();
    trouble.hidden = !error;
    trouble.textContent = error?.message ?? "";
    if (blob) save(blob, this.#of.name + format.suffix);
  }

  /** Bring controls and label up to date. */
  #say() {
    const { words } = this.#of;
    const { slider, play, live, save, formats, label } = this.#controls;
    const steps = this.#steps;
    const index = Math.max(0, this.#at);
    slider.max = String(Math.max(0, this.#last));
    slider.value = String(index);
    slider.disabled = play.disabled = steps.length < 2;
    live.disabled = steps.length < 1;
    const { label: format, help } = formats.chosen();
    save.disabled = formats.element.disabled = this.#isWriting || steps.length < 2;
    save.textContent = fill(this.#isWriting ? words.saving : words.save, { format });
    save.title = help;
    const step = this.#mode === "best" ? Number(this.#ends?.best) : steps[index];
    label.textContent = steps.length
      ? fill(words.stepOf, { step, steps: this.#ends?.last ?? this.#total })
      : "";
    this.#sayEnds();
    slider.setAttribute("aria-valuetext", label.textContent);
  }

  /** Label the best and the last weights of a finished run, and mark the best on the track. */
  #sayEnds() {
    const { words } = this.#of;
    const { best, live, tick } = this.#controls;
    const ends = this.#ends;
    best.hidden = tick.hidden = !ends?.best;
    if (!ends?.best) return;
    best.textContent = ends.kept === "best" ? words.bestKept : words.best;
    live.textContent = ends.kept === "last" ? words.lastKept : words.last;
    tick.style.setProperty("--le-at", String(this.#nearest(ends.best) / Math.max(1, this.#last)));
  }
}

/**
 * The replay of a run: it chooses the moment that is shown.
 * @param {import("./page.js").RunGiven} given
 * @returns {import("../types.js").View}
 */
export function makeReplay({ scene: { name, urls, replays }, words, run }) {
  const snapshots = makeSnapshots(urls.snapshot);
  const replay = new Replay({
    words,
    name,
    formats: replays,
    write: async ({ url, mediaType }) => new Blob([await fetchBytes(url)], { type: mediaType }),
    load: (which) => {
      if (which === "best") return snapshots.best();
      return which === null ? snapshots.latest() : snapshots.get(which);
    },
    expect: snapshots.expect,
    onShow: (shot, glideMs, isLive) => run.show(shot, glideMs, isLive),
    onLost: (is) => run.lose("snapshot", is),
  });
  run.onNews(({ state, steps, snapshots, ends }) => {
    replay.grow(snapshots, steps, ENDED.includes(state));
    if (ends) replay.end(ends);
  });
  return replay;
}

/**
 * @param {ReplayOptions} options
 * @param {Record<"play"|"live"|"best"|"save"|"choose", function(): void> &
 *     {slide: function(number): void}} on
 */
function makeControls({ words, formats }, on) {
  const button = (/** @type {"play"|"live"|"best"|"save"} */ name, testId = `run-${name}`) =>
    el("button", {
      class: "le-run-button",
      "data-testid": testId,
      title: words[`${name}Help`],
      type: "button",
      onclick: () => on[name](),
    });
  const [play, live, best] = [button("play"), button("live"), button("best")];
  const save = button("save", "run-gif");
  const choice = makeFormats(formats, {
    class: "le-run-button",
    "data-testid": "run-format",
    "aria-label": words.format,
    onchange: on.choose,
  });
  live.textContent = words.live;
  const tick = el("i", { class: "le-run-tick", hidden: true });
  const slider = el("input", {
    type: "range",
    min: 0,
    max: 0,
    value: 0,
    "data-testid": "run-scrubber",
    "aria-label": words.scrubber,
    oninput: () => on.slide(Number(slider.value)),
  });
  const label = el("output", { class: "le-run-step" });
  const trouble = el("p", { class: "le-run-error", role: "alert", hidden: true });
  const track = el("div", { class: "le-run-track" }, tick, slider);
  const row = el(
    "div",
    { class: "le-run-replay" },
    play,
    track,
    best,
    live,
    label,
    save,
    choice.element,
  );
  return {
    element: el("div", {}, row, trouble),
    play,
    live,
    best,
    save,
    formats: choice,
    tick,
    slider,
    label,
    trouble,
  };
}
