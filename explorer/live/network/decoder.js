// @ts-check
/**
 * Runs a pack: latent code in, picture out, or the way back, in a few milliseconds of plain arithmetic.
 * Knows nothing of the page, of files or of Python; node can run it. `pack.py` tells the format.
 *
 * Values of shape (c, h, w) are planar: channel 0 row by row, then channel 1. Every linear,
 * convolution and transposed convolution layer is brought to one form,
 *
 *     out[o, where[p]] = bias[o] + sum over k of weight[o, k] * x[from[p] + taps[k]],
 *
 * after Dukhan, "The Indirect Convolution Algorithm", 2019, https://arxiv.org/abs/1907.02129. x has
 * a border of zeros, so no tap needs a check. A transposed convolution of stride s becomes s * s
 * such sums, one for each place an output pixel can have in its s x s cell, so that no product with
 * an inserted zero is made.
 */

import { checkHeader, checkOps, fits, shapeAfter, size } from "./pack-check.js";

const MAGIC = 0x4b50584c; // "LXPK", low byte first
const VERSION = 1;
const PREAMBLE_BYTES = 12;
const EPSILON = 1e-5; // of group normalisation, as in torch

/**
 * Read a pack and bring its weights to 32-bit floats.
 * @param {ArrayBuffer} buffer the bytes of a `decoder.pack` or of an encoder's
 * @returns {{latentDim: number, imageShape: number[], inputShape: number[], outputShape: number[],
 *   ops: Object[]}} imageShape is [c, h, w] with c = 1 (grey) or 3 (red, green, blue); ops is for
 *   `makeDecoder` or `makeEncoder`
 * @throws {Error} no pack, another version, cut short, or a damaged header
 */
export function readPack(buffer) {
  const view = new DataView(buffer);
  if (buffer.byteLength < PREAMBLE_BYTES || view.getUint32(0, true) !== MAGIC) {
    throw new Error("These bytes are not a decoder pack.");
  }
  const version = view.getUint32(4, true);
  if (version !== VERSION) {
    throw new Error(`The decoder pack has version ${version}; version ${VERSION} is needed.`);
  }
  const start = PREAMBLE_BYTES + view.getUint32(8, true);
  if (start > buffer.byteLength || start % 4 !== 0) {
    throw new Error("The decoder pack is cut short.");
  }
  const header = readHeader(new Uint8Array(buffer, PREAMBLE_BYTES, start - PREAMBLE_BYTES));
  const open = ({ arrays = {}, body, shortcut, ...settings }) => {
    const op = { ...settings, body: body?.map(open), shortcut: shortcut?.map(open) };
    for (const name of Object.keys(arrays)) op[name] = readArray(buffer, start, arrays[name]);
    return op;
  };
  const { latent_dim: latentDim, image_shape: imageShape, ops } = header;
  const { input_shape: inputShape = [latentDim], output_shape: outputShape = imageShape } = header;
  return { latentDim, imageShape, inputShape, outputShape, ops: ops.map(open) };
}

function readHeader(bytes) {
  let header = null;
  try {
    header = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    // told below, together with JSON that is no header
  }
  checkHeader(header);
  checkOps(header.ops);
  return header;
}

function readArray(buffer, start, { at, shape, dtype }) {
  const Kind = dtype === "fp16" ? Uint16Array : Float32Array;
  if (!["fp16", "fp32"].includes(dtype))
    throw new Error(`The decoder pack holds weights as "${dtype}".`);
  const length = size(shape);
  if (start + at + length * Kind.BYTES_PER_ELEMENT > buffer.byteLength) {
    throw new Error("The decoder pack is cut short.");
  }
  const stored = new Kind(buffer, start + at, length);
  const values = dtype === "fp16" ? fromHalf(stored) : stored;
  if (values.every(Number.isFinite)) return values;
  throw new Error("The decoder pack holds weights that are no numbers.");
}

/**
 * Widen 16-bit floats: put sign, exponent and mantissa where 32-bit floats have them, and multiply
 * by 2^112, which is how far their exponents count apart. Exact, subnormal numbers included.
 */
function fromHalf(halves) {
  const floats = new Float32Array(halves.length);
  const bits = new Uint32Array(floats.buffer);
  for (let i = 0; i < halves.length; i++) {
    bits[i] = ((halves[i] & 0x8000) << 16) | ((halves[i] & 0x7fff) << 13);
    floats[i] *= 2 ** 112;
  }
  return floats;
}

/**
 * Lay out weights and buffers once, and return the function that decodes.
 * @param {Object} pack from `readPack`; left as it is, so it may feed several decoders
 * @returns {function(ArrayLike<number>, Float32Array=): Float32Array} `decode(z, out)` writes c*h*w
 *   values in [0, 1] to `out` and returns it; without `out`, an array of the decoder's own, which
 *   its next call overwrites. Allocates nothing.
 * @throws {Error} the ops of the pack do not fit together
 */
export function makeDecoder(pack) {
  const { latentDim, imageShape } = pack;
  return makeRun(pack, [latentDim], imageShape, (n) => {
    throw new Error(`The code has ${n} coordinates; ${latentDim} are needed.`);
  });
}

/**
 * The same for an encoder's pack: `encode(x, out)` takes c*h*w values in [0, 1] and gives the mean
 * of the posterior, latentDim values.
 */
export function makeEncoder(pack) {
  const { latentDim, imageShape } = pack;
  return makeRun(pack, imageShape, [latentDim], (n) => {
    throw new Error(`The image has ${n} values; ${size(imageShape)} are needed.`);
  });
}

/** @returns {function(ArrayLike<number>, Float32Array=): Float32Array} */
function makeRun({ inputShape, outputShape, ops }, from, to, refuse) {
  fits(String(inputShape) === String(from), `${inputShape}`, from);
  fits(String(outputShape) === String(to), `${outputShape}`, to);
  const shape = shapeAfter(ops, from);
  fits(String(shape) === String(to), `${shape}`, to);
  const net = chain(ops, from);
  const given = new Float32Array(size(from));
  const own = new Float32Array(size(to));
  return function run(values, out = /** @type {Float32Array} */ (own)) {
    if (values.length !== given.length) refuse(values.length);
    given.set(values);
    out.set(net.run(given));
    return out;
  };
}

/**
 * Turn values in [0, 1] into the pixels of a canvas.
 * @param {Float32Array} values c*h*w values, planar
 * @param {number[]} shape [c, h, w], with c = 1 (grey) or 3 (red, green, blue)
 * @param {Uint8ClampedArray} rgba 4*h*w bytes to write: 255 times each value, rounded
 * @returns {Uint8ClampedArray} rgba
 */
export function toRGBA(values, [c, h, w], rgba) {
  const plane = h * w;
  const toGreen = c === 3 ? plane : 0;
  for (let p = 0, at = 0; p < plane; p++, at += 4) {
    rgba[at] = values[p] * 255; // an array of this kind rounds and clamps by itself
    rgba[at + 1] = values[p + toGreen] * 255;
    rgba[at + 2] = values[p + 2 * toGreen] * 255;
    rgba[at + 3] = 255;
  }
  return rgba;
}

// Ops. Each maker takes an op and the shape it is given, which `shapeAfter` has found to fit, and
// returns the shape it gives and `run`, from values to values. A result stands in a buffer of the op's own until its next run; what `run`
// is given it never writes to, since a residual block reads it twice.

const MAKERS = {
  linear: makeLinear,
  conv: makeConvolution,
  conv_transpose: makeConvolution,
  scale_shift: makeScaleShift,
  group_norm: makeGroupNorm,
  activate: makeActivate,
  reshape: makeReshape,
  upsample: makeUpsample,
  crop: makeCrop,
  residual: makeResidual,
};

function chain(ops, shape) {
  const parts = [];
  for (const op of ops) {
    const part = MAKERS[op.op](op, shape);
    parts.push(part);
    shape = part.shape;
  }
  function run(x) {
    for (let i = 0; i < parts.length; i++) x = parts[i].run(x);
    return x;
  }
  return { shape, run };
}

function makeLinear(op) {
  const taps = range(0, op.n_in);
  const sums = [{ taps, weights: taps, from: [0], where: [0] }];
  return makeSums(op, [op.n_out], sums, op.n_in, (x) => x);
}

function makeConvolution(op, [c, h, w]) {
  const { op: kind, n_in: nIn, n_out: nOut, kernel } = op;
  const transposed = kind === "conv_transpose";
  const [rows, columns] = [h, w].map((n) => (transposed ? backwards(op, n) : forwards(op, n)));
  const input = makeBorder([c, h, w], rows.border);
  const sums = [];
  for (const row of rows.phases) {
    for (const column of columns.phases) {
      /** @type {Object<string, number[]>} */
      const sum = { taps: [], weights: [], from: [], where: [] };
      for (let i = 0; i < nIn; i++) {
        row.kernel.forEach((ky, j) =>
          column.kernel.forEach((kx, k) => {
            sum.taps.push(input.at(i, row.taps[j], column.taps[k]));
            sum.weights.push(((transposed ? i * nOut : i) * kernel + ky) * kernel + kx);
          }),
        );
      }
      row.out.forEach((y, j) =>
        column.out.forEach((x, k) => {
          sum.from.push(input.at(0, row.from[j], column.from[k]));
          sum.where.push(y * columns.length + x);
        }),
      );
      sums.push(sum);
    }
  }
  const step = (transposed ? 1 : nIn) * kernel * kernel;
  return makeSums(op, [nOut, rows.length, columns.length], sums, step, input.fill);
}

/**
 * How a convolution reads one axis of n pixels: `length` of the output and `border` of zeros, and
 * for each phase its output places `out`, where they read `from`, and at which `taps` from there
 * each place of the `kernel` counts.
 */
function forwards({ kernel, stride, padding }, n) {
  const length = Math.floor((n + 2 * padding - kernel) / stride) + 1;
  const [out, places] = [range(0, length), range(0, kernel)];
  const phase = { out, from: out.map((y) => y * stride), kernel: places, taps: places };
  return { length, border: padding, phases: [phase] };
}

/** Likewise if transposed: output y sees input i at kernel place y + padding - stride * i. */
function backwards({ kernel, stride, padding }, n) {
  const length = (n - 1) * stride - 2 * padding + kernel;
  const border = Math.max(0, Math.floor((kernel - 1 - padding) / stride));
  const phases = range(0, stride).map((start) => {
    const first = (start + padding) % stride;
    const [out, places] = [range(start, length, stride), range(first, kernel, stride)];
    const from = out.map((y) => (y + padding - first) / stride + border);
    return { out, from, kernel: places, taps: places.map((k) => (first - k) / stride) };
  });
  return { length, border, phases };
}

/** Return where (i, y, x) stands in an image with a border of zeros, and what fills such a one. */
function makeBorder([c, h, w], border) {
  const width = w + 2 * border;
  const plane = (h + 2 * border) * width;
  const at = (i, y, x) => i * plane + y * width + x;
  if (border === 0) return { at, fill: (x) => x };
  const bordered = new Float32Array(c * plane);
  function fill(x) {
    for (let i = 0, p = 0; i < c; i++) {
      for (let y = 0; y < h; y++) {
        const to = at(i, y + border, border);
        for (let j = 0; j < w; j++) bordered[to + j] = x[p++];
      }
    }
    return bordered;
  }
  return { at, fill };
}

/**
 * Lay out the sums of one layer, its weights so that those of four output channels stand together.
 * @param {Object[]} sums lists as in the formula at the top; `weights` are places in `op.weight`
 *   for output channel 0
 * @param {number} step leads from there to the next output channel
 * @param {function(Float32Array): Float32Array} prepare gives the input its border
 */
function makeSums(op, shape, sums, step, prepare) {
  const { n_out: nOut } = op;
  const nBlocks = Math.ceil(nOut / 4);
  const plane = size(shape) / nOut;
  const bias = new Float32Array(4 * nBlocks);
  bias.set(op.bias);
  const plans = sums.map(({ taps, weights, from, where }) => {
    const weight = new Float32Array(4 * nBlocks * taps.length);
    for (let o = 0; o < nOut; o++) {
      const start = 4 * (o >> 2) * taps.length + (o & 3);
      weights.forEach((at, k) => (weight[start + 4 * k] = op.weight[at + o * step]));
    }
    const [tapsAt, fromAt, whereAt] = [taps, from, where].map((list) => Int32Array.from(list));
    return { weight, bias, taps: tapsAt, from: fromAt, where: whereAt, nBlocks, plane };
  });
  const room = new Float32Array(4 * nBlocks * plane); // the last block may have unused channels
  const out = room.subarray(0, nOut * plane);
  function run(x) {
    const input = prepare(x);
    for (let i = 0; i < plans.length; i++) addUp(input, plans[i], room);
    return out;
  }
  return { shape, run };
}

/**
 * Work out sums: all the time goes here. Four channels and two pixels go together, so that each
 * weight is used twice and each input four times once loaded. Sums are kept in 64 bits, as
 * JavaScript counts; rounding each to 32 takes longer.
 */
function addUp(x, { weight, bias, taps, from, where, nBlocks, plane }, out) {
  const nTaps = taps.length;
  const nPixels = from.length;
  for (let o = 0, start = 0; o < 4 * nBlocks; o += 4, start += 4 * nTaps) {
    const b0 = bias[o];
    const b1 = bias[o + 1];
    const b2 = bias[o + 2];
    const b3 = bias[o + 3];
    let pixel = 0;
    for (; pixel + 1 < nPixels; pixel += 2) {
      const fromP = from[pixel];
      const fromQ = from[pixel + 1];
      let p0 = b0,
        p1 = b1,
        p2 = b2,
        p3 = b3;
      let q0 = b0,
        q1 = b1,
        q2 = b2,
        q3 = b3;
      for (let k = 0, at = start; k < nTaps; k++, at += 4) {
        const tap = taps[k];
        const xP = x[fromP + tap];
        const xQ = x[fromQ + tap];
        const w0 = weight[at];
        const w1 = weight[at + 1];
        const w2 = weight[at + 2];
        const w3 = weight[at + 3];
        p0 += w0 * xP;
        p1 += w1 * xP;
        p2 += w2 * xP;
        p3 += w3 * xP;
        q0 += w0 * xQ;
        q1 += w1 * xQ;
        q2 += w2 * xQ;
        q3 += w3 * xQ;
      }
      store(out, o * plane + where[pixel], plane, p0, p1, p2, p3);
      store(out, o * plane + where[pixel + 1], plane, q0, q1, q2, q3);
    }
    if (pixel < nPixels) {
      let p0 = b0,
        p1 = b1,
        p2 = b2,
        p3 = b3;
      for (let k = 0, at = start; k < nTaps; k++, at += 4) {
        const xP = x[from[pixel] + taps[k]];
        p0 += weight[at] * xP;
        p1 += weight[at + 1] * xP;
        p2 += weight[at + 2] * xP;
        p3 += weight[at + 3] * xP;
      }
      store(out, o * plane + where[pixel], plane, p0, p1, p2, p3);
    }
  }
}

function store(out, at, plane, v0, v1, v2, v3) {
  out[at] = v0;
  out[at + plane] = v1;
  out[at + 2 * plane] = v2;
  out[at + 3 * plane] = v3;
}

function makeScaleShift({ n, scale, shift }, shape) {
  const out = new Float32Array(size(shape));
  const plane = out.length / n;
  function run(x) {
    for (let c = 0; c < n; c++) scaleShift(x, out, c * plane, plane, scale[c], shift[c]);
    return out;
  }
  return { shape, run };
}

function makeGroupNorm({ n, groups, weight, bias }, shape) {
  const out = new Float32Array(size(shape));
  const plane = out.length / n;
  const length = out.length / groups;
  function run(x) {
    for (let start = 0; start < out.length; start += length) {
      let mean = 0;
      for (let i = start; i < start + length; i++) mean += x[i];
      mean /= length;
      let variance = 0;
      for (let i = start; i < start + length; i++) variance += (x[i] - mean) ** 2;
      variance /= length;
      for (let at = start; at < start + length; at += plane) {
        const scale = weight[at / plane] / Math.sqrt(variance + EPSILON);
        scaleShift(x, out, at, plane, scale, bias[at / plane] - mean * scale);
      }
    }
    return out;
  }
  return { shape, run };
}

function scaleShift(x, out, start, length, scale, shift) {
  for (let i = start; i < start + length; i++) out[i] = x[i] * scale + shift;
}

// A loop each: one loop that calls a function runs slower. The first two have no branch, because a
// processor cannot foresee signs.
const ACTIVATIONS = {
  relu(x, out) {
    for (let i = 0; i < out.length; i++) out[i] = 0.5 * (x[i] + Math.abs(x[i]));
  },
  leaky_relu(x, out) {
    for (let i = 0; i < out.length; i++) out[i] = 0.505 * x[i] + 0.495 * Math.abs(x[i]);
  },
  elu(x, out) {
    for (let i = 0; i < out.length; i++) out[i] = x[i] > 0 ? x[i] : Math.expm1(x[i]);
  },
  silu(x, out) {
    for (let i = 0; i < out.length; i++) out[i] = x[i] / (1 + Math.exp(-x[i]));
  },
  sigmoid(x, out) {
    for (let i = 0; i < out.length; i++) out[i] = 1 / (1 + Math.exp(-x[i]));
  },
  tanh(x, out) {
    for (let i = 0; i < out.length; i++) out[i] = Math.tanh(x[i]);
  },
};

function makeActivate({ fn }, shape) {
  const apply = ACTIVATIONS[fn];
  const out = new Float32Array(size(shape));
  function run(x) {
    apply(x, out);
    return out;
  }
  return { shape, run };
}

function makeReshape({ shape: wanted }) {
  return { shape: wanted, run: (x) => x };
}

function makeUpsample({ scale }, [c, h, w]) {
  const shape = [c, h * scale, w * scale];
  return makePick(shape, (i, y, x) => (i * h + Math.floor(y / scale)) * w + Math.floor(x / scale));
}

function makeCrop({ size: side }, [c, h, w]) {
  return makePick([c, side, side], (i, y, x) => (i * h + y) * w + x);
}

/** The op whose value at (i, y, x) is the input's at `from(i, y, x)`. */
function makePick(shape, from) {
  const [, h, w] = shape;
  const out = new Float32Array(size(shape));
  const places = Int32Array.from(out, (_, p) =>
    from(Math.floor(p / (h * w)), Math.floor(p / w) % h, p % w),
  );
  function run(x) {
    for (let p = 0; p < out.length; p++) out[p] = x[places[p]];
    return out;
  }
  return { shape, run };
}

function makeResidual({ body, shortcut }, shape) {
  const change = chain(body, shape);
  const kept = chain(shortcut, shape);
  const out = new Float32Array(size(change.shape));
  function run(x) {
    const a = change.run(x);
    const b = kept.run(x);
    for (let i = 0; i < out.length; i++) out[i] = a[i] + b[i];
    return out;
  }
  return { shape: change.shape, run };
}

function range(start, end, step = 1) {
  const list = [];
  for (let i = start; i < end; i += step) list.push(i);
  return list;
}
