// Opens packs for test_fuzzing.py: node packs.mjs FILE... prints what came of each, as JSON.
//
// [error or null, milliseconds, megabytes of the process at its largest so far] for each. Each runs on
// both sets of kernels.

import { readFileSync } from "node:fs";
import { makeNetwork, readPack } from "../explorer/live/network/network.js";

async function open(path) {
  const begin = performance.now();
  let error = null;
  try {
    const bytes = readFileSync(path);
    const pack = readPack(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
    const values = new Float32Array(pack.latentDim).fill(0.5);
    for (const simd of [true, false]) (await makeNetwork(pack, { simd }))(values);
  } catch (raised) {
    error = `${raised.name}: ${raised.message}`;
  }
  return [error, performance.now() - begin, process.resourceUsage().maxRSS / 1024];
}

const done = [];
for (const path of process.argv.slice(2)) done.push(await open(path));
process.stdout.write(JSON.stringify(done));
