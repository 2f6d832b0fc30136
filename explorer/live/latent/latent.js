// @ts-check
/**
 * Latent mathematics on typed arrays: distances, neighbours, planes, paths.
 * Knows no DOM, no network and no decoder; node can run it.
 */

/** How many neighbours the map and the honesty meter look at. */
export const K = 10;

/** Percentile of the data's own distances from which a place counts as unusual. */
const TYPICAL_BELOW = 95;

const KINDS = { float32: Float32Array, int32: Int32Array, uint8: Uint8Array };

/**
 * Read named arrays from one buffer: uint32 header length, JSON {name: {dtype, shape, offset}},
 * then the values, each array 4-byte aligned (see `explorer/packing/arrays.py`).
 * @param {ArrayBuffer} buffer
 * @returns {Object<string, {values: any, shape: number[]}>} each a typed array of its kind
 */
export function readArrays(buffer) {
  const headerBytes = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, headerBytes)));
  const start = 4 + headerBytes;
  /** @type {Object<string, {values: any, shape: number[]}>} */
  const arrays = {};
  for (const [name, { dtype, shape, offset }] of Object.entries(header)) {
    const Kind = KINDS[dtype];
    const length = shape.reduce((product, side) => product * side, 1);
    arrays[name] = { values: new Kind(buffer, start + offset, length), shape };
  }
  return arrays;
}

/** Row i of an (n, d) array, as a view. */
export function row(array, i) {
  const d = array.shape[1];
  return array.values.subarray(i * d, (i + 1) * d);
}

/**
 * The k rows of `points` nearest to `target`, over the chosen columns.
 * @param {{values: Float32Array, shape: number[]}} points (n, d)
 * @param {ArrayLike<number>} target (d,)
 * @param {ArrayLike<number>} columns which of the d columns count
 * @param {number|null} [except] a row to leave out: what an item is compared with is the others
 * @returns {{rows: Int32Array, distances: Float64Array}} nearest first; at most n of them
 */
export function nearest(points, target, columns, except = null) {
  const [n, d] = points.shape;
  const size = Math.min(K, except === null ? n : n - 1);
  const rows = new Int32Array(size).fill(-1);
  const squares = new Float64Array(size).fill(Infinity);
  const { values } = points;
  for (let i = 0, base = 0; i < n; i++, base += d) {
    if (i === except) continue;
    let sum = 0;
    for (let c = 0; c < columns.length && sum < squares[size - 1]; c++) {
      const gap = values[base + columns[c]] - target[columns[c]];
      sum += gap * gap;
    }
    if (sum >= squares[size - 1]) continue;
    let at = size - 1;
    for (; at > 0 && squares[at - 1] > sum; at--) {
      squares[at] = squares[at - 1];
      rows[at] = rows[at - 1];
    }
    squares[at] = sum;
    rows[at] = i;
  }
  return { rows, distances: squares.map(Math.sqrt) };
}

/** Mean of rows of an (n, m) array, weighted by one over squared distance; exact on a row. */
export function weightedMean(array, { rows, distances }) {
  const m = array.shape[1];
  const mean = new Float32Array(m);
  let total = 0;
  rows.forEach((r, i) => {
    const weight = 1 / (distances[i] ** 2 + 1e-9);
    total += weight;
    for (let j = 0; j < m; j++) mean[j] += weight * array.values[r * m + j];
  });
  return mean.map((sum) => sum / total);
}

/**
 * How much data lies near a code, told as the share of the data's own items that lie closer to
 * their k-th neighbour than this code does to its own.
 * @param {{mu, spacing, active}} codes arrays of the bundle; `spacing` sorted ascending
 * @param {number|null} item the row whose own code z is, if it is one
 * @returns {{percentile: number, level: 'typical'|'unusual'|'empty', near: {rows, distances}}}
 */
export function honesty(codes, z, item = null) {
  const near = nearest(codes.mu, z, codes.active.values, item);
  const distance = near.distances[near.distances.length - 1];
  const { values } = codes.spacing;
  let low = 0;
  for (let high = values.length; low < high; ) {
    const middle = (low + high) >> 1;
    if (values[middle] < distance) low = middle + 1;
    else high = middle;
  }
  const percentile = (100 * low) / values.length;
  if (percentile < TYPICAL_BELOW) return { percentile, level: "typical", near };
  // Farther from its neighbours than any item is from its own: nothing was learned here.
  const isFarthest = distance > values[values.length - 1] * (1 + 1e-6);
  return { percentile, level: isFarthest ? "empty" : "unusual", near };
}

/**
 * A plane is one way of laying codes on the map.
 * `toPlane(z)` gives a position, `toCode(xy, z)` a code there (keeping of z what the plane does not
 * say), and `exact` tells whether the first is exact.
 */
export function pcaPlane(codes, dimensions) {
  const { pca_mean: mean, pca_components: axes } = codes;
  const d = mean.shape[0];
  const m = Math.min(dimensions, axes.shape[0]);
  const along = (z, axis) => {
    let sum = 0;
    for (let i = 0; i < d; i++) sum += (z[i] - mean.values[i]) * axes.values[axis * d + i];
    return sum;
  };
  const toPlane = (z) =>
    Array.from({ length: dimensions }, (_, axis) => (axis < m ? along(z, axis) : 0));
  return {
    exact: true,
    toPlane,
    toCode(xy, z) {
      const code = Float32Array.from(z);
      for (let axis = 0; axis < m; axis++) {
        const step = xy[axis] - along(z, axis);
        for (let i = 0; i < d; i++) code[i] += step * axes.values[axis * d + i];
      }
      return code;
    },
  };
}

/** The plane of two coordinates of z. If there is but one, the second axis says nothing. */
export function coordinatePlane(i, j) {
  return {
    exact: true,
    toPlane: (z) => [z[i], j !== i && j < z.length ? z[j] : 0],
    toCode(xy, z) {
      const code = Float32Array.from(z);
      code[i] = xy[0];
      if (j !== i && j < code.length) code[j] = xy[1];
      return code;
    },
  };
}

/** A map without a formula, such as t-SNE: both ways go by the nearest items, approximately. */
export function neighbourPlane(codes, places) {
  const both = [0, 1];
  return {
    exact: false,
    toPlane: (z) => weightedMean(places, nearest(codes.mu, z, codes.active.values)),
    toCode: (xy) => weightedMean(codes.mu, nearest(places, xy, both)),
  };
}

/** A draw from the prior N(0, I), shape (d,), by Box and Muller. */
export function samplePrior(d, random = Math.random) {
  return Float32Array.from({ length: d }, () => {
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    return radius * Math.cos(2 * Math.PI * random());
  });
}

/**
 * Walk the great arc from z0 to z1 (White 2016, https://arxiv.org/abs/1609.04468), its length
 * going smoothly from one's to the other's.
 * @param {number} t fraction of the way, 0 to 1
 */
export function slerp(z0, z1, t) {
  const dot = z0.reduce((sum, value, i) => sum + value * z1[i], 0);
  const r0 = Math.hypot(...z0);
  const r1 = Math.hypot(...z1);
  const angle = Math.acos(Math.max(-1, Math.min(1, dot / (r0 * r1 || 1))));
  const sine = Math.sin(angle);
  // Along one line, or from the origin, there is no arc: go straight.
  if (sine < 1e-4 || r0 * r1 < 1e-9)
    return Float32Array.from(z0, (value, i) => value + t * (z1[i] - value));
  const radius = r0 + t * (r1 - r0);
  const a = (Math.sin((1 - t) * angle) / sine / r0) * radius;
  const b = (Math.sin(t * angle) / sine / r1) * radius;
  return Float32Array.from(z0, (value, i) => a * value + b * z1[i]);
}
