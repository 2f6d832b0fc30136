// @ts-check
/**
 * Reads packs (`packing/pack.py` tells the format) and judges them before anything is made of one:
 * every number, that each op fits what it is given, and the work in all. A pack may come from anyone.
 * Knows neither files nor how a pack is run.
 */

/**
 * An op with its settings and arrays, as `packing/pack.py` lists them.
 * @typedef {Object<string, any> & {op: string}} PackOp
 */

/**
 * @typedef {Object} Pack
 * @property {number} latentDim
 * @property {number[]} imageShape [c, h, w] with c = 1 (grey) or 3 (red, green, blue)
 * @property {number[]} inputShape what the network takes: a code, or for an encoder an image
 * @property {number[]} outputShape what it makes of that
 * @property {PackOp[]} ops
 */

const MAGIC = 0x4b50584c; // "LXPK", low byte first
const VERSION = 1;
const PREAMBLE_BYTES = 12;
const MOST_OPS = 1000;
const MOST_DEPTH = 8; // of residual blocks within each other
const MOST_VALUES = 1 << 25; // of all weights, and of all results, each 4 bytes
const MOST_WORK = 1e9; // multiply-adds as they are made, four channels at a time
const MOST_SIDE = 1 << 17; // of a shape, which may be flat
// Setting -> the smallest and the largest whole number it may be.
const BOUNDS = {
  n: [1, MOST_SIDE],
  n_in: [1, MOST_SIDE],
  n_out: [1, MOST_SIDE],
  kernel: [1, 64],
  stride: [1, 16],
  padding: [0, 64],
  groups: [1, MOST_SIDE],
  scale: [1, 16],
  size: [1, MOST_SIDE],
};
const ARRAYS = ["weight", "bias", "scale", "shift"];
export const ACTIVATIONS = ["relu", "leaky_relu", "elu", "silu", "sigmoid", "tanh"];

/**
 * Read a pack and bring its weights to 32-bit floats.
 * @param {ArrayBuffer} buffer the bytes of a `decoder.pack` or of an encoder's
 * @returns {Pack}
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
 * Refuse a header whose own values are not what they should be.
 * @param {any} header what JSON made of it
 */
function checkHeader(header) {
  const {
    latent_dim,
    image_shape: image,
    input_shape = image,
    output_shape = image,
  } = header ?? {};
  const areShapes = [image, input_shape, output_shape].every(isShape);
  const isImage = areShapes && image.length === 3 && [1, 3].includes(image[0]);
  if (!isImage || !isWhole(latent_dim, 1, MOST_SIDE) || !Array.isArray(header.ops)) {
    throw new Error("The decoder pack's header is damaged.");
  }
}

/**
 * Refuse ops of which one is no op, or has a setting that it cannot have; and too many of them.
 * @param {any[]} ops
 */
function checkOps(ops) {
  let [nOps, nValues] = [0, 0];
  const look = (/** @type {any[]} */ some, /** @type {number} */ depth) => {
    damagedUnless(Array.isArray(some) && depth <= MOST_DEPTH, "a list of its ops");
    for (const op of some) {
      damagedUnless(isObject(op) && typeof op.op === "string", "one of its ops");
      damagedUnless(++nOps <= MOST_OPS, `the count of ${nOps} ops`);
      if (!(op.op in RULES)) throw new Error(`The decoder pack asks for "${short(op.op)}".`);
      for (const [name, [least, most]] of Object.entries(BOUNDS)) {
        if (op[name] === undefined) continue;
        damagedUnless(isWhole(op[name], least, most), `${op.op} with ${name} ${short(op[name])}`);
      }
      const arrays = op.arrays === undefined ? {} : op.arrays;
      const named = isObject(arrays) && Object.keys(arrays).every((name) => ARRAYS.includes(name));
      const apart = ARRAYS.every((name) => op[name] === undefined || op.op === "upsample");
      damagedUnless(named && apart, `${op.op} with its arrays`);
      for (const array of Object.values(arrays)) nValues += checkArray(op, array);
      damagedUnless(nValues <= MOST_VALUES, `the size of ${nValues} weights`);
      if (op.op === "residual") [op.body, op.shortcut].forEach((part) => look(part, depth + 1));
    }
  };
  look(ops, 0);
}

/** Return how many values an array holds, and refuse what is none. */
function checkArray(/** @type {any} */ op, /** @type {any} */ array) {
  const good = isObject(array) && isWhole(array.at, 0, 2 ** 31) && array.at % 4 === 0;
  damagedUnless(good && isShape(array.shape), `${op.op} with the place of an array`);
  return size(array.shape);
}

/**
 * Follow the shapes through ops that `checkOps` has seen, and refuse what does not fit, or takes too
 * long.
 * @param {any[]} ops
 * @param {number[]} shape what the first op is given
 * @returns {number[]} what the last op gives
 */
export function shapeAfter(ops, shape) {
  const total = { values: 0, work: 0 };
  const follow = (/** @type {any[]} */ some, /** @type {number[]} */ given) =>
    some.reduce((now, op) => {
      const { shape: after, work = 0 } = RULES[op.op](op, now, follow);
      fits(isShape(after), op.op, now);
      total.values += size(after);
      total.work += work;
      damagedUnless(total.values <= MOST_VALUES, `${op.op} with ${size(after)} results`);
      damagedUnless(total.work <= MOST_WORK, `${op.op} with ${total.work} multiply-adds`);
      return after;
    }, given);
  return follow(ops, shape);
}

// What each op makes of a shape, and how many multiply-adds that takes; `follow` does for a list.
/** @type {Object<string, function(any, number[], function(any[], number[]): number[]):
 *   {shape: number[], work?: number}>} */
const RULES = Object.assign(Object.create(null), {
  linear({ op, n_in, n_out, weight, bias }, shape) {
    fits(shape.length === 1 && shape[0] === n_in, op, shape);
    fits(weight?.length === n_in * n_out && bias?.length === n_out, op, shape);
    return { shape: [n_out], work: padded(n_in) * padded(n_out) };
  },
  conv(op, shape) {
    const { n_in, n_out, kernel, stride, padding } = op;
    fits(shape.length === 3 && shape[0] === n_in && hasKernels(op), op.op, shape);
    const sides = shape.slice(1).map((n) => Math.floor((n + 2 * padding - kernel) / stride) + 1);
    return { shape: [n_out, ...sides], work: products(op) * size(sides) };
  },
  conv_transpose(op, shape) {
    const { n_in, n_out, kernel, stride, padding } = op;
    fits(shape.length === 3 && shape[0] === n_in && hasKernels(op), op.op, shape);
    const sides = shape.slice(1).map((n) => (n - 1) * stride - 2 * padding + kernel);
    return { shape: [n_out, ...sides], work: products(op) * size(shape.slice(1)) };
  },
  scale_shift({ op, n, scale, shift }, shape) {
    fits(shape[0] === n && scale?.length === n && shift?.length === n, op, shape);
    return { shape };
  },
  group_norm({ op, n, groups, weight, bias }, shape) {
    fits(shape[0] === n && n % groups === 0, op, shape);
    fits(weight?.length === n && bias?.length === n, op, shape);
    return { shape };
  },
  activate({ fn }, shape) {
    fits(ACTIVATIONS.includes(fn), `activation "${short(fn)}"`, shape);
    return { shape };
  },
  reshape({ op, shape: wanted }, shape) {
    fits(isShape(wanted) && size(wanted) === size(shape), op, shape);
    return { shape: wanted };
  },
  upsample({ op, scale }, shape) {
    fits(shape.length === 3, op, shape);
    return { shape: [shape[0], shape[1] * scale, shape[2] * scale] };
  },
  crop({ op, size: side }, shape) {
    fits(shape.length === 3 && side <= shape[1] && side <= shape[2], op, shape);
    return { shape: [shape[0], side, side] };
  },
  residual({ op, body, shortcut }, shape, follow) {
    const [change, kept] = [follow(body, shape), follow(shortcut, shape)];
    fits(String(change) === String(kept), op, kept);
    return { shape: change };
  },
});

const padded = (/** @type {number} */ n) => (n + 3) & -4;
const products = (/** @type {any} */ { n_in, n_out, kernel }) =>
  padded(n_in) * padded(n_out) * kernel ** 2;

/** Whether a convolution has its weights, for each channel in, channel out and place of the kernel. */
function hasKernels(/** @type {any} */ { n_in, n_out, kernel, weight, bias }) {
  return weight?.length === n_in * n_out * kernel ** 2 && bias?.length === n_out;
}

/** @param {number[]} shape */
export function size(shape) {
  return shape.reduce((product, n) => product * n, 1);
}

/**
 * @param {boolean} good
 * @param {string} what
 * @param {any} shape
 */
export function fits(good, what, shape) {
  damagedUnless(good, `${what} does not fit ${short(String(shape))}`);
}

/** @param {boolean} good @param {string} what */
export function damagedUnless(good, what) {
  if (!good) throw new Error(`The decoder pack is damaged: ${what}.`);
}

const short = (/** @type {any} */ value) => {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
};
const isObject = (/** @type {any} */ value) =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isWhole = (
  /** @type {any} */ value,
  /** @type {number} */ least,
  /** @type {number} */ most,
) => Number.isInteger(value) && least <= value && value <= most;
const isShape = (/** @type {any} */ shape) =>
  Array.isArray(shape) &&
  shape.length > 0 &&
  shape.length <= 4 &&
  shape.every((n) => isWhole(n, 1, MOST_SIDE));
