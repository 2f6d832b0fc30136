// Opens packs for test_fuzzing.py: node packs.mjs FILE... prints what came of each, as JSON.
//
// [error or null, milliseconds, megabytes of the process at its largest so far] for each.

import { readFileSync } from "node:fs";
import { makeDecoder, readPack } from "../explorer/live/network/decoder.js";

function open(path) {
  const begin = performance.now();
  let error = null;
  try {
    const bytes = readFileSync(path);
    const pack = readPack(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
    makeDecoder(pack)(new Float32Array(pack.latentDim).fill(0.5));
  } catch (raised) {
    error = `${raised.name}: ${raised.message}`;
  }
  return [error, performance.now() - begin, process.resourceUsage().maxRSS / 1024];
}

process.stdout.write(JSON.stringify(process.argv.slice(2).map(open)));
