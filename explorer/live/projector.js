/** Decodes beside the page, so that many pictures never hold up the one under the hand. */

/**
 * @param {ArrayBuffer} pack as `readPack` takes it; it is copied
 * @returns {{decode: function(Float32Array[]): Promise<Float32Array[]>, stop: function(): void}}
 */
export function makeProjector(pack) {
  const worker = new Worker(new URL("./projector-worker.js", import.meta.url), { type: "module" });
  const asked = [];
  worker.onmessage = ({ data }) => asked.shift()(data);
  worker.postMessage({ pack });
  return {
    /** Resolves to the pixels of each code; answers come in the order of the questions. */
    decode(codes) {
      worker.postMessage({ codes });
      return new Promise((resolve) => asked.push(resolve));
    },
    stop: () => worker.terminate(),
  };
}
