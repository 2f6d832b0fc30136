// @ts-check
/**
 * A thread beside the page that redraws pictures, so that no frame waits for it.
 *
 * It is told {urls: {pack, encoder}, codes} once, codes being those of some items, (d,) each; then
 * {z} whenever the hand rests and {z: null} when it moves. It answers {z, percentile}: how many of
 * the items change less than the picture of z does, in percent; or {error}. Only while a question
 * is open does it work.
 */

import { makeDrift, percentile } from "../latent/drift.js";
import { makeNetwork, readPack } from "../network/network.js";
import { fetchBytes } from "./loading.js";

let given = null;
let drift = null;
let wanted = null;
let working = false;
const yardstick = []; // how much the items change

addEventListener("message", ({ data }) => {
  if (data.urls) given = data;
  wanted = data.z ?? null;
  if (wanted && !working) work();
});

async function work() {
  working = true;
  try {
    drift ??= await load(given.urls);
    while (wanted) {
      if (yardstick.length < given.codes.length) {
        yardstick.push(drift(given.codes[yardstick.length]));
      } else {
        const z = wanted;
        wanted = null;
        postMessage({ z, percentile: percentile(yardstick, drift(z)) });
      }
      await new Promise((done) => setTimeout(done)); // whatever was said meanwhile is heard
    }
  } catch (error) {
    wanted = null;
    postMessage({ error: String(error) });
  }
  working = false;
}

async function load(urls) {
  const open = async (url) => makeNetwork(readPack(await fetchBytes(url)));
  const [decode, encode] = await Promise.all([urls.pack, urls.encoder].map(open));
  return makeDrift(decode, encode);
}
