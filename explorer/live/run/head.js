// @ts-check
/** The head line of a run: how it stands, in words and as a bar. Knows the DOM only. */

import { el, fill } from "../parts/dom.js";

const QUARTER = 25; // percent of a run after which it is said aloud how it stands
const FINE = ["healthy", "even"];

/**
 * @param {Object} words the catalogue's part for runs
 * @param {boolean} mayEndEarly whether the run ends when held-out images no longer get better
 */
export function makeHead(words, mayEndEarly) {
  const state = el("strong", { class: "le-run-state", text: words.opening });
  const facts = el("span", { class: "le-run-facts" });
  const done = el("i");
  const bar = el(
    "div",
    {
      class: "le-run-bar",
      role: "progressbar",
      "aria-label": words.progress,
      "aria-valuemin": 0,
      "aria-valuemax": 100,
    },
    done,
  );
  const error = el("div", { class: "le-run-error", hidden: true });
  const lost = el("span", { class: "le-run-lost", text: words.lost, hidden: true });
  const aloud = el("div", { class: "le-run-aloud", role: "status" });
  const line = el("div", { class: "le-run-line" }, state, facts, lost);

  /** Say aloud what state a run comes to, what is wrong with it, and each quarter that is done. */
  function speak(news, percent) {
    const isRunning = news.state === "running";
    const quarter = isRunning ? QUARTER * Math.floor(percent / QUARTER) : 0;
    const ill = isRunning && !FINE.includes(news.health?.verdict) ? news.health?.words : null;
    const key = `${news.state} ${quarter} ${ill && news.health.verdict}`;
    if (key === heard) return;
    heard = key;
    const done = quarter ? fill(words.spoken, { percent: quarter }) : words.state[news.state];
    aloud.textContent = [done, ill, ...(news.error ?? [])].filter(Boolean).map(sentence).join(" ");
  }

  const missing = new Set();
  let said = null;
  let heard = null; // what was said aloud last
  return {
    element: el(
      "div",
      { class: "le-run-head", "data-testid": "run-progress" },
      line,
      bar,
      error,
      aloud,
    ),
    show(news) {
      const isDone = news.state === "finished"; // maybe before all steps
      const percent = isDone ? 100 : news.steps ? Math.floor((100 * news.step) / news.steps) : 0;
      done.style.width = `${percent}%`;
      bar.setAttribute("aria-valuenow", String(percent));
      const texts = factsOf(news, percent, words, mayEndEarly).filter(Boolean);
      facts.replaceChildren(...texts.map((text) => el("span", { text })));
      speak(news, percent);
      if (news.state === said) return;
      said = news.state;
      state.textContent = words.state[said];
      error.replaceChildren(...(news.error ?? []).map((text) => el("p", { text })));
      error.hidden = !news.error;
    },
    /** Whether something cannot be reached: the news of the run, or a snapshot. */
    lost(what, is) {
      if (is) missing.add(what);
      else missing.delete(what);
      lost.hidden = missing.size === 0;
    },
  };
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
