// @ts-check
/** The kernels of `kernels.c` in JavaScript, for where WebAssembly is refused; that file explains. */

/** @param {number} bytes @returns {import("./network.js").Memory} */
export function openMemory(bytes) {
  const buffer = new ArrayBuffer(bytes + (-bytes & 3));
  const memory = { floats: new Float32Array(buffer), words: new Int32Array(buffer) };
  const all = { sums, dots, rows, norm, pick };
  const bound = Object.entries(all).map(([name, kernel]) => [
    name,
    (at) => kernel(memory, at >> 2),
  ]);
  return { buffer, kernels: Object.fromEntries(bound), end: bytes };
}

/** @typedef {{floats: Float32Array, words: Int32Array}} Memory */

/** @param {Memory} memory @param {number} r where the record stands, in words */
function sums(memory, r) {
  const { words } = memory;
  const [nTaps, run, nPixels, nOut] = words.subarray(r + 5, r + 9);
  for (let o = 0; o < nOut; o += 4) {
    const first = o & -8;
    const lanes = Math.min(8, nOut - first);
    const weight = (words[r] >> 2) + first * nTaps * run + o - first;
    for (let pixel = 0; pixel < nPixels; pixel += 2) {
      fourSums(memory, r, o, weight, lanes, pixel, Math.min(pixel + 1, nPixels - 1));
    }
  }
}

/**
 * All the time goes here. Four channels and two pixels go together, so that each weight is used
 * twice and each input four times once loaded. Sums are kept in 64 bits, as JavaScript counts;
 * rounding each to 32 takes longer.
 */
function fourSums(/** @type {Memory} */ { floats, words }, r, o, weight, lanes, pixelP, pixelQ) {
  const [fromAt, whereAt, tapAt] = [words[r + 2] >> 2, words[r + 3] >> 2, words[r + 4] >> 2];
  const nTaps = words[r + 5];
  const run = words[r + 6];
  const fromP = words[fromAt + pixelP];
  const fromQ = words[fromAt + pixelQ];
  const bias = (words[r + 1] >> 2) + o;
  let p0 = floats[bias];
  let p1 = floats[bias + 1];
  let p2 = floats[bias + 2];
  let p3 = floats[bias + 3];
  let [q0, q1, q2, q3] = [p0, p1, p2, p3];
  for (let t = 0, at = weight; t < nTaps; t++) {
    const tap = words[tapAt + t];
    const p = (fromP + tap) >> 2;
    const q = (fromQ + tap) >> 2;
    for (let i = 0; i < run; i++, at += lanes) {
      const xP = floats[p + i];
      const xQ = floats[q + i];
      const w0 = floats[at];
      const w1 = floats[at + 1];
      const w2 = floats[at + 2];
      const w3 = floats[at + 3];
      p0 += w0 * xP;
      p1 += w1 * xP;
      p2 += w2 * xP;
      p3 += w3 * xP;
      q0 += w0 * xQ;
      q1 += w1 * xQ;
      q2 += w2 * xQ;
      q3 += w3 * xQ;
    }
  }
  store(floats, (words[whereAt + pixelP] >> 2) + o, p0, p1, p2, p3);
  store(floats, (words[whereAt + pixelQ] >> 2) + o, q0, q1, q2, q3);
}

function store(floats, at, v0, v1, v2, v3) {
  floats[at] = v0;
  floats[at + 1] = v1;
  floats[at + 2] = v2;
  floats[at + 3] = v3;
}

function dots(/** @type {Memory} */ { floats, words }, r) {
  const [weight, bias, from, where, taps] = words.subarray(r, r + 5).map((at) => at >> 2);
  const [nTaps, run, nPixels] = words.subarray(r + 5, r + 8);
  for (let pixel = 0; pixel < nPixels; pixel++) {
    let sum = floats[bias];
    for (let t = 0, at = weight; t < nTaps; t++) {
      const x = (words[from + pixel] + words[taps + t]) >> 2;
      for (let i = 0; i < run; i++) sum += floats[x + i] * floats[at++];
    }
    floats[words[where + pixel] >> 2] = sum;
  }
}

// A loop each: one loop that calls a function runs slower. The first two have no branch, because a
// processor cannot foresee signs. In the order of KINDS in plan.js.
const CHANGES = [
  function relu(x, out) {
    for (let i = 0; i < out.length; i++) out[i] = 0.5 * (x[i] + Math.abs(x[i]));
  },
  function leakyRelu(x, out) {
    for (let i = 0; i < out.length; i++) out[i] = 0.505 * x[i] + 0.495 * Math.abs(x[i]);
  },
  function elu(x, out) {
    for (let i = 0; i < out.length; i++) out[i] = x[i] > 0 ? x[i] : Math.expm1(x[i]);
  },
  function silu(x, out) {
    for (let i = 0; i < out.length; i++) out[i] = x[i] / (1 + Math.exp(-x[i]));
  },
  function sigmoid(x, out) {
    for (let i = 0; i < out.length; i++) out[i] = 1 / (1 + Math.exp(-x[i]));
  },
  function tanh(x, out) {
    for (let i = 0; i < out.length; i++) out[i] = Math.tanh(x[i]);
  },
  function affine(x, out, scale, { floats, words }, r) {
    const [shift, channels] = [words[r + 9] >> 2, words[r + 10]];
    for (let at = 0; at < out.length; at += channels)
      for (let c = 0; c < channels; c++) out[at + c] = x[at + c] * scale[c] + floats[shift + c];
  },
  function add(x, out, y) {
    for (let i = 0; i < out.length; i++) out[i] = x[i] + y[i];
  },
];

/** @param {Memory} memory @param {number} r */
function rows(memory, r) {
  const { floats, words } = memory;
  const [kind, height, width, x, xRow, out, outRow, y, yRow] = words.subarray(r, r + 9);
  const part = (at) => floats.subarray(at >> 2, (at >> 2) + width);
  for (let h = 0; h < height; h++)
    CHANGES[kind](part(x + h * xRow), part(out + h * outRow), part(y + h * yRow), memory, r);
}

/** @param {Memory} memory @param {number} r */
function norm(memory, r) {
  const { floats, words } = memory;
  const [height, width, x, xRow] = words.subarray(r + 1, r + 5);
  const [channels, groups, real] = words.subarray(r + 10, r + 13);
  const [weight, bias] = words.subarray(r + 13, r + 15).map((at) => at >> 2);
  const [scale, shift] = [words[r + 7] >> 2, words[r + 9] >> 2];
  const of = real / groups;
  const each = (first, look) => {
    for (let h = 0; h < height; h++)
      for (let at = (x + h * xRow) >> 2, i = 0; i < width; i += channels)
        for (let c = first; c < first + of; c++) look(floats[at + i + c]);
  };
  const count = (of * height * width) / channels;
  for (let first = 0; first < real; first += of) {
    let [mean, variance] = [0, 0];
    each(first, (value) => (mean += value / count));
    each(first, (value) => (variance += (value - mean) ** 2 / count));
    for (let c = first; c < first + of; c++) {
      floats[scale + c] = floats[weight + c] / Math.sqrt(variance + 1e-5);
      floats[shift + c] = floats[bias + c] - mean * floats[scale + c];
    }
  }
  rows(memory, r);
}

function pick(/** @type {Memory} */ { floats, words }, r) {
  const [from, to] = [words[r] >> 2, words[r + 1] >> 2];
  const [n, length] = [words[r + 2], words[r + 3]];
  for (let i = 0; i < n; i++) {
    const x = words[from + i] >> 2;
    const out = words[to + i] >> 2;
    for (let k = 0; k < length; k++) floats[out + k] = floats[x + k];
  }
}
