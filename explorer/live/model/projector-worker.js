/** The other side of projector.js: holds a decoder and answers codes with pixels. */

import { makeDecoder, readPack } from "../network/decoder.js";

let decode = null;

onmessage = ({ data: { pack, codes } }) => {
  if (pack) {
    decode = makeDecoder(readPack(pack));
    return;
  }
  const pictures = codes.map((code) => decode(code).slice()); // the decoder uses its output again
  postMessage(
    pictures,
    pictures.map(({ buffer }) => buffer),
  );
};
