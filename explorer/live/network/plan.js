// @ts-check
/**
 * Plans a network: where every number stands in one memory, and which kernels run on it in turn.
 * Nothing is allocated before the whole plan is known. Knows neither WebAssembly nor how a kernel
 * works.
 *
 * The pixels of a value stand one after another, each as `step` floats: its channels, filled up to
 * a multiple of 4. Whatever writes an image leaves around it the border of zeros that its reader
 * needs, so no kernel checks where an image ends. Every dense layer and convolution is brought to
 * one form, the sums of `kernels.c`. A transposed convolution of stride s is s * s of them, one for
 * each place that a pixel can have in its s x s cell, so no product with an inserted zero is made.
 */

import { ACTIVATIONS, damagedUnless, shapeAfter, size } from "./pack.js";

/** @import { Pack, PackOp } from "./pack.js" */

/**
 * A value: h rows of w pixels with c channels.
 * @typedef {Object} Value
 * @property {number[]} shape (c, h, w), or (c,) for one pixel
 * @property {number} c
 * @property {number} h
 * @property {number} w
 * @property {number} step floats from one pixel to the next
 * @property {number} border pixels around the image, all of them 0
 * @property {number} row bytes from one row to the next
 * @property {number} at address of the first pixel, border included
 * @property {boolean} [shared] whether another op reads it as well, so that it must not change
 */

/**
 * Some of a convolution's pixels, along one axis: where they stand in the output, where each begins
 * to read, and which places of the kernel count, in the order of the input.
 * @typedef {{out: number[], from: number[], kernel: number[]}} Phase
 */

/** @typedef {{room: Room, op: PackOp, x: Value, border: number, shape: number[]}} Given */

const MOST_BYTES = 1 << 28; // of one network
const SLACK = 64; // bytes beyond an array or a value that a kernel may touch
const KINDS = [...ACTIVATIONS, "affine", "add"]; // as in `kernels.c`

/**
 * @param {Pack} pack whose ops `shapeAfter` has found to fit
 * @param {number} start the first address that is free
 */
export function makePlan({ ops, inputShape }, start) {
  const room = new Room(start);
  const input = room.value([size(inputShape)], 0);
  const value = chain(room, ops, reshaped(room, input, inputShape, borderFor(ops, 0, 0)), 0);
  const output = reshaped(room, value, [size(value.shape)], 0);
  return { ...room, input: input.at, output: output.at };
}

/** Gives out addresses, and keeps what to write there and which kernels to run. */
class Room {
  /** @type {{kernel: string, at: number}[]} kernels to run in turn, each on the record at `at` */
  calls = [];
  /** @type {(function(ArrayBuffer): void)[]} what to write once there is a memory */
  writes = [];

  /** @param {number} start */
  constructor(start) {
    this.end = start;
    this.most = start + MOST_BYTES;
  }

  /** @param {number} bytes */
  take(bytes) {
    const at = this.end;
    this.end = at + bytes + 2 * SLACK - ((at + bytes) % SLACK);
    damagedUnless(this.end <= this.most, "its memory");
    return at;
  }

  /**
   * Take room for an array that `write` fills.
   * @param {Float32ArrayConstructor|Int32ArrayConstructor} Kind
   * @param {number} length
   * @param {function(any): void} write
   */
  put(Kind, length, write) {
    const at = this.take(4 * length);
    this.writes.push((buffer) => write(new Kind(buffer, at, length)));
    return at;
  }

  /** @param {ArrayLike<number>} values @param {number} length filled up with the same again */
  floats(values, length) {
    return this.put(Float32Array, length, (array) => {
      for (let i = 0; i < length; i++) array[i] = values[i % values.length];
    });
  }

  /** @param {number[]} values */
  words(values) {
    return this.put(Int32Array, values.length, (array) => array.set(values));
  }

  /**
   * The addresses of a value's numbers, channel by channel, each in these rows and columns.
   * @param {Value} value
   */
  places(value, channels = 1, ys = range(0, value.h), xs = range(0, value.w)) {
    return this.put(Int32Array, channels * ys.length * xs.length, (array) => {
      let i = 0;
      for (let c = 0; c < channels; c++)
        for (const y of ys) for (const x of xs) array[i++] = place(value, y, x) + 4 * c;
    });
  }

  /** @param {number[]} shape @param {number} border @param {number} [step] */
  value(shape, border, step) {
    const value = layOut(shape, border, step);
    value.at = this.take(value.row * (value.h + 2 * border));
    return value;
  }

  /** @param {string} kernel @param {number[]} record */
  call(kernel, record) {
    this.calls.push({ kernel, at: this.words(record) });
  }
}

/** @param {number[]} shape @param {number} border @returns {Value} without a place */
function layOut(shape, border, step = shape[0] === 1 && !border ? 1 : (shape[0] + 3) & -4) {
  const [c, h, w] = shape.length === 3 ? shape : [shape[0], 1, size(shape) / shape[0]];
  return { shape, c, h, w, step, border, row: 4 * step * (w + 2 * border), at: 0 };
}

/** @param {Value} value @param {number} y @param {number} x */
export const place = ({ at, row, step, border }, y, x) =>
  at + (y + border) * row + (x + border) * 4 * step;

/** Whether values stand as a pack counts them: channel by channel. @param {Value} value */
const isPlanar = ({ border, h, w, step }) => !border && (h * w === 1 || step === 1);

/**
 * The border that the ops from the i-th on need around what they are given.
 * @param {PackOp[]} ops
 * @param {number} i
 * @param {number} last what is needed after the last op
 * @returns {number}
 */
export function borderFor(ops, i, last) {
  if (i === ops.length) return last;
  return OPS[ops[i].op].border?.(ops[i], () => borderFor(ops, i + 1, last)) ?? 0;
}

/** @param {Room} room @param {PackOp[]} ops @param {Value} x @param {number} last */
export function chain(room, ops, x, last) {
  ops.forEach((op, i) => {
    const border = borderFor(ops, i + 1, last);
    x = OPS[op.op].make({ room, op, x, border, shape: shapeAfter([op], x.shape) });
  });
  return x;
}

/**
 * How to plan each op: what it makes of a value, and the border it needs around that, which `after`
 * tells of what follows it. `ops.js` adds those that fewer networks have.
 * @type {Object<string, {make: function(Given): Value,
 *   border?: function(PackOp, function(): number): number}>}
 */
export const OPS = {
  linear: {
    make: (given) =>
      addUp({ ...given, op: { ...given.op, kernel: 1, stride: 1, padding: 0 } }, forwards),
  },
  conv: { make: (given) => addUp(given, forwards), border: (op) => op.padding },
  conv_transpose: {
    make: (given) => addUp(given, backwards),
    border: (op) => Math.max(0, Math.floor((op.kernel - 1 - op.padding) / op.stride)),
  },
  activate: {
    make({ room, op, x }) {
      const out = target(room, x);
      room.call("rows", rowsOf(op.fn, x, out));
      return out;
    },
    border: (_, after) => after(),
  },
  scale_shift: {
    make({ room, op, x }) {
      const out = target(room, x);
      const lanes = Math.max(4, x.step); // four pixels of a single channel count as channels
      const [scale, shift] = [op.scale, op.shift].map((list) => room.floats(list, lanes));
      room.call("rows", [...rowsOf("affine", x, out), scale, 0, shift, lanes]);
      return out;
    },
    border: (_, after) => after(),
  },
  reshape: { make: ({ room, x, shape, border }) => reshaped(room, x, shape, border) },
};

/** @param {PackOp} op @param {number} length of the output @returns {Phase[]} */
function forwards({ kernel, stride, padding }, length) {
  const out = range(0, length);
  return [{ out, from: out.map((y) => y * stride - padding), kernel: range(0, kernel) }];
}

/** Likewise if transposed: output y sees input i at kernel place y + padding - stride * i. */
function backwards(
  /** @type {PackOp} */ { kernel, stride, padding },
  /** @type {number} */ length,
) {
  return range(0, stride).map((start) => {
    const first = (start + padding) % stride;
    const [out, places] = [range(start, length, stride), range(first, kernel, stride).reverse()];
    const from = out.map((y) => (y + padding - first) / stride + 1 - places.length);
    return { out, from, kernel: places };
  });
}

/** @param {Given} given @param {function(PackOp, number): Phase[]} phasesOf of each axis */
function addUp({ room, op, x, border, shape }, phasesOf) {
  const { h, w } = layOut(shape, 0);
  const [rows, columns] = [h, w].map((length) => phasesOf(op, length));
  const phases = rows.flatMap((row) =>
    columns.map((column) => ({ row, column, n: row.out.length * column.out.length })),
  );
  const isOne = op.n_out === 1 && !border && phases.every(({ n }) => n >= 4);
  const lanes = isOne ? 1 : (op.n_out + 3) & -4;
  const value = room.value(shape, border, lanes);
  const bias = room.floats(op.bias, lanes);
  for (const { row, column, n } of phases) {
    const nTaps = column.kernel.length && row.kernel.length;
    const run = (column.kernel.length * x.step + 3) & -4;
    const weight = room.put(Float32Array, lanes * nTaps * run, (array) =>
      layWeights(array, op, row.kernel, column.kernel, { step: x.step, run, lanes }),
    );
    const from = room.places(x, 1, row.from, column.from);
    const where = room.places(value, 1, row.out, column.out);
    const taps = room.words(range(0, nTaps).map((t) => t * x.row));
    const record = [weight, bias, from, where, taps, nTaps, run, n, lanes];
    room.call(isOne ? "dots" : "sums", record);
  }
  return value;
}

/** Write weights in blocks of 8 output channels, as `Sums` in `kernels.c` has them. */
function layWeights(array, /** @type {PackOp} */ op, rows, columns, { step, run, lanes }) {
  const { n_in: nIn, n_out: nOut, kernel, weight } = op;
  const area = kernel * kernel;
  const [outStep, inStep] = op.op === "conv_transpose" ? [area, nOut * area] : [nIn * area, area];
  for (let o = 0; o < nOut; o++) {
    const first = o & -8;
    const width = Math.min(8, lanes - first);
    for (let t = 0; t < rows.length; t++) {
      for (let k = 0; k < columns.length; k++) {
        const to = first * rows.length * run + (t * run + k * step) * width + o - first;
        const from = o * outStep + rows[t] * kernel + columns[k];
        for (let i = 0; i < nIn; i++) array[to + i * width] = weight[from + i * inStep];
      }
    }
  }
}

/** Begin the record of `Rows`: x, changed, goes to `out`. @param {Value} x @param {Value} out */
export function rowsOf(/** @type {string} */ kind, x, out, rowByRow = false) {
  const isWhole = !rowByRow && !x.border && !out.border;
  const [h, width] = isWhole ? [1, (x.h * x.w * x.step + 3) & -4] : [x.h, x.w * x.step];
  const at = (/** @type {Value} */ value) => [place(value, 0, 0), value.row];
  return [KINDS.indexOf(kind), h, width, ...at(x), ...at(out)];
}

/** Where to put x changed value by value. @param {Room} room @param {Value} x */
export const target = (room, x) => (x.shared ? room.value(x.shape, x.border, x.step) : x);

/** @param {Room} room @param {Value} x @param {number[]} shape @param {number} border */
function reshaped(room, x, shape, border) {
  const value = layOut(shape, border);
  if (isPlanar(x) && isPlanar(value)) return { ...value, at: x.at, shared: x.shared };
  value.at = room.value(shape, border).at;
  const [from, to] = [x, value].map((one) => room.places(one, one.c));
  room.call("pick", [from, to, size(shape), 1]);
  return value;
}

/** @param {number} start @param {number} end */
export function range(start, end, step = 1) {
  const list = [];
  for (let i = start; i < end; i += step) list.push(i);
  return list;
}
