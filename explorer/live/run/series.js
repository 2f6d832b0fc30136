// @ts-check
/** Thins and scales the numbers of a run, however long it is. Knows no DOM; node can run it. */

/** How many values it takes before a range ignores outliers. */
const MANY = 8;

/**
 * Keeps a limited number of items, evenly spread, and always the newest.
 * @param {number} most how many
 */
export function makeThinned(most) {
  let kept = [];
  let every = 1;
  let count = 0;
  let newest = null;
  return {
    add(item) {
      newest = item;
      if (count++ % every) return;
      kept.push(item);
      if (kept.length < most) return;
      kept = kept.filter((_, i) => i % 2 === 0);
      every *= 2;
    },
    items: () => (count && kept.at(-1) !== newest ? [...kept, newest] : kept),
  };
}

/**
 * The range that shows most values well; the first ones of a run are often huge.
 * @param {Array<number|null>} values null where there was no finite number
 * @param {boolean} whole leave nothing out
 * @returns {{range: number[]|null, isCut: boolean}} whether values lie outside
 */
export function rangeOf(values, whole) {
  const sorted = Float64Array.from(values.filter(Number.isFinite)).sort();
  const n = sorted.length;
  if (!n) return { range: null, isCut: false };
  const at = (share) => sorted[Math.round(share * (n - 1))];
  let [low, high] = [at(0), at(1)];
  if (!whole && n >= MANY) {
    const reach = 1.5 * (at(0.9) - at(0.1));
    [low, high] = [Math.max(low, at(0.1) - reach), Math.min(high, at(0.9) + reach)];
  }
  const margin = 0.06 * (high - low) || 0.1 * Math.abs(high) || 1;
  return {
    range: [low - margin, high + margin],
    isCut: low - margin > at(0) || high + margin < at(1),
  };
}

/** The next of 1, 2, 3, 5, 10, 20, …, or of these over powers of ten, from a value above 0. */
export function niceAbove(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 2, 3, 5].find((digit) => digit * power >= value * (1 - 1e-9)) ?? 10);
}
