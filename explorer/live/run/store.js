// @ts-check
/** The news of a run, and the moment of it that is shown. Knows no DOM; node can run it. */

/**
 * A change: the run reported something, another snapshot is shown, or requests began to fail or to
 * succeed again.
 * @typedef {Object} RunChange
 * @property {"news"|"shot"|"lost"} kind
 * @property {"news"|"snapshot"|"map"} [what] was requested
 * @property {boolean} [is] whether it failed
 */

/** @typedef {Object<string, any>} News what `run_routes.py` answers of a run's progress */
/** @typedef {Object<string, any>} Snapshot its arrays, by their names */

export class RunStore {
  /** @type {News} what came last */
  news = {};
  /** @type {Snapshot|null} the moment that is shown */
  shot = null;
  /** How long dots take to glide to their new places. */
  glideMs = 0;
  /** @type {number|null} the shown step; null while that is the newest */
  marked = null;
  /** @type {Set<function(RunChange): void>} */
  #listeners = new Set();

  /** @param {function(RunChange): void} listener */
  subscribe(listener) {
    this.#listeners.add(listener);
  }

  /** Listen to the news of a run, until it is deleted. @param {function(News): void} listener */
  onNews(listener) {
    this.subscribe(
      ({ kind }) => kind === "news" && this.news.state !== "gone" && listener(this.news),
    );
  }

  /** @param {News} news what the run has reported since */
  take(news) {
    this.news = news;
    this.#tell({ kind: "news" });
  }

  /** @param {Snapshot} shot @param {number} glideMs @param {boolean} isLive whether it is the newest */
  show(shot, glideMs, isLive) {
    [this.shot, this.glideMs] = [shot, glideMs];
    this.marked = isLive ? null : shot.step.values[0];
    this.#tell({ kind: "shot" });
  }

  /** @param {"news"|"snapshot"|"map"} what was requested @param {boolean} is whether it failed */
  lose(what, is) {
    this.#tell({ kind: "lost", what, is });
  }

  destroy() {
    this.#listeners.clear();
  }

  /** @param {RunChange} change */
  #tell(change) {
    for (const listener of [...this.#listeners]) listener(change);
  }
}
