// @ts-check
/** The other side of projector.js: holds a decoder and answers codes with pixels. */

import { makeNetwork, readPack } from "../network/network.js";

/** @type {Promise<import("../network/network.js").Network>} */
let network;

addEventListener("message", async ({ data: { pack, codes } }) => {
  if (pack) {
    network = makeNetwork(readPack(pack));
    network.catch(complain);
    return;
  }
  const decode = await network;
  const pictures = codes.map((code) => decode(code).slice()); // it uses its output again
  postMessage(pictures, { transfer: pictures.map(({ buffer }) => buffer) });
});

/** The page hears of an error only if no promise holds it. @param {Error} error */
function complain(error) {
  setTimeout(() => {
    throw error;
  });
}
