// @ts-check
/**
 * Runs networks: latent code in, picture out, or the way back, in a fraction of a millisecond.
 * Kernels in WebAssembly do the work; where a browser has no SIMD, or a policy forbids to compile,
 * the same kernels in JavaScript do. Knows nothing of the page or of Python; node can run it.
 */

import { fits, shapeAfter, size } from "./pack.js";
import { makePlan, OPS } from "./plan.js";

export { readPack } from "./pack.js";

/** @import { Pack } from "./pack.js" */
/** @typedef {Object<string, function(number): void>} Kernels each takes the address of a record */
/** @typedef {{buffer: ArrayBuffer, kernels: Kernels, end: number}} Memory `end` is its first free byte */

/** @typedef {((values: ArrayLike<number>, out?: Float32Array) => Float32Array) & {engine: Engine}} Network */
/** @typedef {"simd"|"js"} Engine whose kernels run */

const STACK_BYTES = 2048; // which the kernels use, at the start of their memory
// Browsers refuse after some hundred memories, so later networks share theirs.
const MOST_MEMORIES = 12;
const SHARED_BYTES = 1 << 26;

/** The kernels for all networks of this thread; null where they cannot be compiled. */
const compiling = compile(new URL("./kernels.wasm", import.meta.url)).catch(() => null);

/** @param {URL} url */
async function compile(url) {
  if (url.protocol !== "file:") return WebAssembly.compileStreaming(fetch(url));
  // @ts-expect-error: node's own, which has no types here
  const { readFile } = await import("node:fs/promises");
  return WebAssembly.compile(await readFile(url));
}

/**
 * Lay out a network's weights and values once, and return the function that runs it.
 * @param {Pack} pack from `readPack`; left as it is, so it may feed several networks
 * @param {{simd?: boolean}} [options] whether to use WebAssembly where it is to be had
 * @returns {Promise<Network>} `run(values, out)` takes the values of `pack.inputShape`, writes those
 *   of `pack.outputShape` to `out` and returns it; without `out`, an array of the network's own,
 *   which its next run overwrites. Allocates nothing. Both are planar: channel 0 row by row, then
 *   channel 1.
 * @throws {Error} the ops of the pack do not fit together, or need too much memory
 */
export async function makeNetwork(pack, { simd = true } = {}) {
  const shape = shapeAfter(pack.ops, pack.inputShape);
  fits(String(shape) === String(pack.outputShape), `${shape}`, pack.outputShape);
  if (!pack.ops.every(({ op }) => op in OPS)) await import("./ops.js");
  const module = simd && (await compiling);
  /** @type {Engine} */
  const engine = module ? "simd" : "js";
  const open = module ? opener(module) : (await import("./kernels.js")).openMemory;
  const { plan, memory } = layOut(pack, engine, open);
  const { input, output, calls } = plan; // alone, since the rest of the plan holds weights
  const floats = new Float32Array(memory.buffer);
  const result = floats.subarray(output / 4, output / 4 + size(shape));
  const nIn = size(pack.inputShape);
  const own = new Float32Array(result.length);
  /** @param {ArrayLike<number>} values */
  function run(values, out = /** @type {Float32Array} */ (own)) {
    if (values.length !== nIn)
      throw new Error(`The network takes ${nIn} values, not ${values.length}.`);
    floats.set(values, input / 4);
    for (const { kernel, at } of calls) memory.kernels[kernel](at);
    out.set(result);
    return out;
  }
  return Object.assign(run, { engine });
}

/** @type {Memory} */
const NONE = { buffer: new ArrayBuffer(0), kernels: {}, end: 0 };
const latest = { simd: NONE, js: NONE };
let nMemories = 0;

/**
 * Lay a network out in the rest of the latest memory, or in a new one. No memory ever grows, so that
 * arrays on it stay valid.
 * @param {Pack} pack
 * @param {Engine} engine
 * @param {function(number): Memory} open gives a memory of that many bytes, or a few more
 */
function layOut(pack, engine, open) {
  let memory = latest[engine];
  let plan = makePlan(pack, memory.end);
  if (plan.end > memory.buffer.byteLength) {
    plan = makePlan(pack, STACK_BYTES);
    const least = nMemories++ < MOST_MEMORIES ? 0 : SHARED_BYTES;
    memory = open(Math.max(plan.end, least));
  }
  latest[engine] = memory;
  memory.end = plan.end;
  for (const write of plan.writes) write(memory.buffer);
  return { plan, memory };
}

/** @param {WebAssembly.Module} module @returns {function(number): Memory} */
const opener = (module) => (bytes) => {
  const pages = Math.ceil(bytes / 65536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return { buffer: memory.buffer, kernels: /** @type {any} */ (exports), end: bytes };
};
