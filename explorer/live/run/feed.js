// @ts-check
/** Polls the server for news of a run while the page is visible. Knows the network only. */

import { readArrays } from "../latent/latent.js";
import { fetchBytes, fetchJson } from "../model/loading.js";

const BUSY_MS = 250;
const IDLE_MS = 1_000;
const LOST_MS = 1_500;
const IDLE = ["queued", "paused"];
export const ENDED = ["finished", "stopped", "failed", "gone"];

const MOST_SHOTS = 400;
const MOST_BYTES = 48e6; // of snapshots kept

/**
 * Poll for news: one request at a time, and none while the page is hidden.
 * @param {string} url
 * @param {function(Object): void} onNews what is new since the last answer
 * @param {function(boolean): void} onLost whether the server could not be reached
 */
export function makeFeed(url, onNews, onLost) {
  let reports = 0;
  let snapshots = 0;
  let timer = 0;
  let asking = false;
  let gone = false;
  let wasOver = false;

  /** How long to wait for the next request, or null: a finished run is polled once more. */
  function pause({ state }) {
    const isOver = ENDED.includes(state);
    const wait = isOver && wasOver ? null : IDLE.includes(state) ? IDLE_MS : BUSY_MS;
    wasOver = isOver;
    return wait;
  }

  async function ask() {
    clearTimeout(timer);
    if (asking || gone || document.hidden) return;
    asking = true;
    const news = await fetchJson(`${url}?reports=${reports}&snapshots=${snapshots}`).catch(
      () => null,
    );
    asking = false;
    if (gone) return;
    const wait = news ? pause(news) : LOST_MS;
    if (wait !== null) timer = setTimeout(ask, wait);
    onLost(!news);
    if (!news) return;
    reports += news.reports.length;
    snapshots += news.snapshots.length;
    onNews(news);
  }
  document.addEventListener("visibilitychange", ask);
  ask();

  return {
    /** The run may have been resumed: poll again. */
    wake() {
      wasOver = false;
      ask();
    },
    destroy() {
      gone = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", ask);
    },
  };
}

/**
 * Snapshots of the run, with a cache of those used last.
 * @param {string} url
 */
export function makeSnapshots(url) {
  const kept = new Map(); // index to promise, the one used last at the end
  let most = MOST_SHOTS;
  let loading = 0;

  async function load(which) {
    loading++;
    try {
      const bytes = await fetchBytes(`${url}/${which}`);
      most = Math.max(20, Math.min(MOST_SHOTS, MOST_BYTES / bytes.byteLength));
      return readArrays(bytes);
    } finally {
      loading--;
    }
  }

  function get(index) {
    const shot = kept.get(index) ?? load(index);
    kept.delete(index);
    kept.set(index, shot);
    shot.catch(() => kept.delete(index));
    for (const oldest of kept.keys()) {
      if (kept.size <= most) break;
      kept.delete(oldest);
    }
    return shot;
  }

  return {
    get,
    latest: () => load("latest"),
    best: () => load("best"),
    /** Prefetch a snapshot, unless enough requests are under way. */
    expect(index) {
      if (loading < 4 && !kept.has(index)) get(index).catch(() => {});
    },
  };
}
