// Runs decoder.js for test_live_decoder.py: tasks as JSON on stdin, what came of each on stdout.
//
//   {"decode": {name: {"pack": path, "codes": [[...], ...]}}, "paint": {name: {"values", "shape"}},
//    "encode": {name: {"pack": path, "images": [[...], ...]}}}
//
// A pack is decoded by two decoders in turns, one from the first code to the last, one from the
// last to the first, each into its own buffer; "pictures" and "backwards" hold what they drew, read
// after both ran. A pack or code that is refused gives {"error": message} instead.

import { readFileSync } from "node:fs";
import { makeDecoder, makeEncoder, readPack, toRGBA } from "../explorer/live/network/decoder.js";

function packAt(path) {
  const bytes = readFileSync(path);
  return readPack(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

function encode({ pack: path, images }) {
  try {
    const run = makeEncoder(packAt(path));
    return { codes: images.map((image) => Array.from(run(image))) };
  } catch (error) {
    return { error: error.message };
  }
}

function decode({ pack: path, codes }) {
  try {
    const pack = packAt(path);
    const [first, second] = [makeDecoder(pack), makeDecoder(pack)];
    const [pictures, backwards] = [[], []];
    codes.forEach((code, i) => {
      const picture = first(code);
      backwards.unshift(Array.from(second(codes[codes.length - 1 - i])));
      pictures.push(Array.from(picture));
    });
    const given = new Float32Array(pictures[0].length);
    const returned = first(codes[0], given) === given;
    const { latentDim, imageShape } = pack;
    return { pictures, backwards, given: Array.from(given), returned, latentDim, imageShape };
  } catch (error) {
    return { error: error.message };
  }
}

function paint({ values, shape }) {
  const rgba = new Uint8ClampedArray(4 * shape[1] * shape[2]);
  return Array.from(toRGBA(Float32Array.from(values), shape, rgba));
}

const tasks = JSON.parse(readFileSync(0, "utf8"));
const each = (some, run) => Object.fromEntries(Object.entries(some).map(([k, v]) => [k, run(v)]));
const done = {
  decode: each(tasks.decode ?? {}, decode),
  encode: each(tasks.encode ?? {}, encode),
  paint: each(tasks.paint ?? {}, paint),
};
process.stdout.write(JSON.stringify(done));
