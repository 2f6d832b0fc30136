// @ts-check
/** Decodes in a worker, so that many pictures never delay the one under the hand. */

/** @import { Network } from "../network/network.js" */

/**
 * @param {ArrayBuffer|null} pack as `readPack` takes it; it is copied
 * @param {Network} network the same decoder on the page, for a browser where no worker starts; its
 *     output is copied
 * @returns {{decode: function(Float32Array[]): Promise<Float32Array[]>, stop: function(): void}}
 */
export function makeProjector(pack, network) {
  const worker = new Worker(new URL("./projector-worker.js", import.meta.url), { type: "module" });
  const asked = [];
  let isBroken = false;
  const decodeHere = (codes) => codes.map((code) => network(code).slice());
  worker.onmessage = ({ data }) => asked.shift().resolve(data);
  worker.onerror = () => {
    isBroken = true;
    for (const { codes, resolve } of asked.splice(0)) resolve(decodeHere(codes));
  };
  worker.postMessage({ pack });
  return {
    /** Resolve to the pixels of each code; answers come in the order of the requests. */
    decode(codes) {
      if (isBroken) return Promise.resolve(decodeHere(codes));
      worker.postMessage({ codes });
      return new Promise((resolve) => asked.push({ codes, resolve }));
    },
    stop: () => worker.terminate(),
  };
}
