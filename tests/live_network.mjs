// Runs network.js for tests of packs: tasks as JSON on stdin, what came of each on stdout.
//
//   {"decode": {name: {"pack": path, "codes": [[...], ...]}}, "paint": {name: {"values", "shape"}},
//    "run": {name: {"pack": path, "inputs": [[...], ...]}}}
//
// A pack is decoded by two networks in turns, one from the first code to the last, one from the
// last to the first, each into its own buffer; "pictures" and "backwards" hold what they drew, read
// after both ran. "js" is what the kernels in JavaScript draw. A pack is run on both sets of kernels,
// whose results are "simd" and "js"; inputs may hold "NaN". A pack or code that is refused gives
// {"error": message} instead.

import { readFileSync } from "node:fs";
import { makeNetwork, readPack } from "../explorer/live/network/network.js";
import { toRGBA } from "../explorer/live/samples/image.js";

function packAt(path) {
  const bytes = readFileSync(path);
  return readPack(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

const all = (network, inputs) => inputs.map((input) => Array.from(network(input)));

async function run({ pack: path, inputs }) {
  const pack = packAt(path);
  const values = inputs.map((input) => input.map(Number));
  const simd = all(await makeNetwork(pack), values);
  return { simd, js: all(await makeNetwork(pack, { simd: false }), values) };
}

async function decode({ pack: path, codes }) {
  const pack = packAt(path);
  const [first, second, js] = await Promise.all(
    [true, true, false].map((simd) => makeNetwork(pack, { simd })),
  );
  const [pictures, backwards] = [[], []];
  codes.forEach((code, i) => {
    const picture = first(code);
    backwards.unshift(Array.from(second(codes[codes.length - 1 - i])));
    pictures.push(Array.from(picture));
  });
  const given = new Float32Array(pictures[0].length);
  const returned = first(codes[0], given) === given;
  const engines = [first.engine, second.engine, js.engine];
  const { latentDim, imageShape } = pack;
  return {
    ...{ pictures, backwards, js: all(js, codes), engines },
    ...{ given: Array.from(given), returned, latentDim, imageShape },
  };
}

function paint({ values, shape }) {
  const rgba = new Uint8ClampedArray(4 * shape[1] * shape[2]);
  return Array.from(toRGBA(Float32Array.from(values), shape, rgba));
}

const tasks = JSON.parse(readFileSync(0, "utf8"));
const done = {};
for (const [kind, work] of Object.entries({ decode, run, paint })) {
  done[kind] = {};
  for (const [name, task] of Object.entries(tasks[kind] ?? {})) {
    try {
      done[kind][name] = await work(task);
    } catch (error) {
      done[kind][name] = { error: error.message };
    }
  }
}
process.stdout.write(JSON.stringify(done));
