// @ts-check
/** The other side of projector.js: holds a decoder and answers codes with pixels. */

import { makeDecoder, readPack } from "../network/decoder.js";

let decode = null;

addEventListener("message", ({ data: { pack, codes } }) => {
  if (pack) {
    decode = makeDecoder(readPack(pack));
    return;
  }
  const pictures = codes.map((code) => decode(code).slice()); // the decoder uses its output again
  postMessage(pictures, { transfer: pictures.map(({ buffer }) => buffer) });
});
