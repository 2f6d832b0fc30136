// @ts-check
/** Plans the ops that fewer networks have; fetched for a network that has one. */

import { borderFor, chain, OPS, place, range, rowsOf, target } from "./plan.js";

/** @typedef {Parameters<typeof chain>[0]} Room */
/** @import { Value } from "./plan.js" */

Object.assign(OPS, {
  /** @type {typeof OPS[""]} */
  group_norm: {
    make({ room, op, x }) {
      x = x.step === 1 ? inSteps(room, x, 4) : x;
      const out = target(room, x);
      const [weight, bias] = [op.weight, op.bias].map((list) => room.floats(list, x.step));
      const [scale, shift, sums] = [0, 0, 0].map(() => room.take(4 * x.step));
      const affine = [...rowsOf("affine", x, out, true), scale, 0, shift, x.step];
      room.call("norm", [...affine, op.groups, op.n, weight, bias, sums]);
      return out;
    },
    border: (_, after) => after(),
  },
  /** @type {typeof OPS[""]} */
  upsample: {
    make: ({ room, op, x, shape, border }) =>
      copy(room, x, room.value(shape, border), (y) => Math.floor(y / op.scale)),
  },
  /** @type {typeof OPS[""]} */
  crop: { make: ({ room, x, shape, border }) => copy(room, x, room.value(shape, border)) },
  /** @type {typeof OPS[""]} */
  residual: {
    make({ room, op, x, border }) {
      const kept = { ...x, shared: true };
      const change = chain(room, op.body, kept, border);
      const other = chain(room, op.shortcut, kept, border);
      const y = other.step === change.step ? other : inSteps(room, other, change.step);
      const out = target(room, change);
      room.call("rows", [...rowsOf("add", change, out, y.border > 0), place(y, 0, 0), y.row]);
      return out;
    },
    border(op, after) {
      const last = after();
      return Math.max(...[op.body, op.shortcut].map((part) => borderFor(part, 0, last)));
    },
  },
});

/** Space the pixels of a single channel differently. @param {Room} room @param {Value} x */
const inSteps = (room, x, /** @type {number} */ step) =>
  copy(room, x, room.value(x.shape, 0, step));

/** Fill a value with pixels of x, whose rows and columns `origin` tells. */
function copy(
  /** @type {Room} */ room,
  /** @type {Value} */ x,
  /** @type {Value} */ value,
  origin = (y) => y,
) {
  const [ys, xs] = [range(0, value.h), range(0, value.w)];
  const from = room.places(x, 1, ys.map(origin), xs.map(origin));
  const length = x.step === value.step ? x.step : 1;
  room.call("pick", [from, room.places(value), ys.length * xs.length, length]);
  return value;
}
