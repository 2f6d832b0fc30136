// @ts-check
/** The head line of a run: how it stands, in words and as a bar. Knows the DOM only. */

import { el, fill } from "../parts/dom.js";

const QUARTER = 25; // percent of a run after which it is said aloud how it stands
const FINE = ["healthy", "even"];

/** @import { View } from "../types.js" */
/** @import { RunGiven } from "./page.js" */
/** @import { News } from "./store.js" */

/** @implements {View} */
export class RunHead {
  element;
  #words;
  #mayEndEarly;
  #state;
  #facts = el("span", { class: "le-run-facts" });
  #done = el("i");
  #bar;
  #error = el("div", { class: "le-run-error", hidden: true });
  #lost;
  #aloud = el("div", { class: "le-run-aloud", role: "status" });
  #missing = new Set();
  #said = ""; // the state that is written
  #heard = ""; // what was said aloud last

  /** @param {RunGiven} given */
  constructor({ scene: { mayEndEarly }, words, run }) {
    [this.#words, this.#mayEndEarly] = [words, mayEndEarly];
    this.#state = el("strong", { class: "le-run-state", text: words.opening });
    this.#lost = el("span", { class: "le-run-lost", text: words.lost, hidden: true });
    this.#bar = el(
      "div",
      {
        class: "le-run-bar",
        role: "progressbar",
        "aria-label": words.progress,
        "aria-valuemin": 0,
        "aria-valuemax": 100,
      },
      this.#done,
    );
    const line = el("div", { class: "le-run-line" }, this.#state, this.#facts, this.#lost);
    this.element = el(
      "div",
      { class: "le-run-head", "data-testid": "run-progress" },
      line,
      this.#bar,
      this.#error,
      this.#aloud,
    );
    run.subscribe(({ kind, what, is }) => {
      if (kind === "news") this.#take(run.news);
      if (kind === "lost") this.#miss(what, is);
    });
  }

  /** @param {News} news */
  #take(news) {
    const words = this.#words;
    const isDone = news.state === "finished"; // maybe before all steps
    const percent = isDone ? 100 : news.steps ? Math.floor((100 * news.step) / news.steps) : 0;
    this.#done.style.width = `${percent}%`;
    this.#bar.setAttribute("aria-valuenow", String(percent));
    const texts = factsOf(news, percent, words, this.#mayEndEarly).filter(Boolean);
    this.#facts.replaceChildren(...texts.map((text) => el("span", { text })));
    this.#speak(news, percent);
    if (news.state === this.#said) return;
    this.#said = news.state;
    this.#state.textContent = words.state[news.state];
    this.#error.replaceChildren(
      ...(news.error ?? []).map((/** @type {string} */ text) => el("p", { text })),
    );
    this.#error.hidden = !news.error;
  }

  /** Say aloud what state a run comes to, what is wrong with it, and each quarter that is done. */
  #speak(/** @type {News} */ news, /** @type {number} */ percent) {
    const words = this.#words;
    const isRunning = news.state === "running";
    const quarter = isRunning ? QUARTER * Math.floor(percent / QUARTER) : 0;
    const ill = isRunning && !FINE.includes(news.health?.verdict) ? news.health?.words : null;
    const key = `${news.state} ${quarter} ${ill && news.health.verdict}`;
    if (key === this.#heard) return;
    this.#heard = key;
    const done = quarter ? fill(words.spoken, { percent: quarter }) : words.state[news.state];
    const said = [done, ill, ...(news.error ?? [])].filter(Boolean);
    this.#aloud.textContent = said.map(sentence).join(" ");
  }

  /** Note that something cannot be fetched, or can again. */
  #miss(/** @type {string|undefined} */ what, /** @type {boolean|undefined} */ is) {
    if (is) this.#missing.add(what);
    else this.#missing.delete(what);
    this.#lost.hidden = this.#missing.size === 0;
  }
}

/** A text with a full stop, unless it has an end of its own. */
const sentence = (text) => (/[.!?…]$/.test(text) ? text : `${text}.`);

function factsOf(news, percent, words, mayEndEarly) {
  const { state, epoch, epochs, left_s: left, elapsed_s: elapsed, images_per_s: speed } = news;
  if (state === "starting" && news.doing) {
    return [fill(words.doing, { what: news.doing, percent: Math.round(100 * news.done) })];
  }
  if (!news.step) return [words.before[state === "queued" && !news.pid ? "starting" : state]];
  const isRunning = state === "running";
  return [
    fill(words.epoch, { epoch, epochs }),
    state !== "finished" && fill(words.percent, { percent }),
    state === "finished" && epoch < epochs && words.endedEarly,
    isRunning &&
      left !== null &&
      !news.slow && // each batch waits to be looked at, so nobody knows
      fill(mayEndEarly ? words.leftAtMost : words.left, { time: duration(left, words) }),
    state === "finished" && fill(words.took, { time: duration(elapsed, words) }),
    isRunning && speed > 0 && fill(words.speed, { count: Math.round(speed) }),
    isRunning && news.slow && words.slow,
  ];
}

/** A length of time as one says it: nobody counts seconds beyond a minute or two. */
function duration(seconds, words) {
  if (seconds < 5) return words.moment;
  if (seconds < 90) return fill(words.seconds, { count: 5 * Math.round(seconds / 5) });
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return fill(words.minutes, { count: minutes });
  return fill(words.hours, { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
}
