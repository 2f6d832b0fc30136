// @ts-check
/** What is known of a run, and which moment of it is shown. Knows no DOM; node can run it. */

/**
 * What listeners hear: the run has reported something, another snapshot is shown, or something can
 * no longer be fetched, or can again.
 * @typedef {Object} RunChange
 * @property {"news"|"shot"|"lost"} kind
 * @property {"news"|"snapshot"|"map"} [what] cannot be fetched
 * @property {boolean} [is] whether that is so
 */

/** @typedef {Object<string, any>} News what `run_routes.py` answers of a run's progress */
/** @typedef {Object<string, any>} Snapshot its arrays, by their names */

export class RunStore {
  /** @type {News} what came last */
  news = {};
  /** @type {Snapshot|null} the moment that is shown */
  shot = null;
  /** Time for what changes with it to get there. */
  glideMs = 0;
  /** @type {number|null} the step looked back at; null while the newest is shown */
  marked = null;
  /** @type {Set<function(RunChange): void>} */
  #listeners = new Set();

  /** @param {function(RunChange): void} listener */
  subscribe(listener) {
    this.#listeners.add(listener);
  }

  /** Listen to what a run reports, for as long as it is there. @param {function(News): void} listener */
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

  /** @param {"news"|"snapshot"|"map"} what cannot be fetched @param {boolean} is whether that is so */
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
