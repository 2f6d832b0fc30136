// @ts-check
/** A model as a page runs it: its codes, its items, and its decoder, here or in Python. */

import { coordinatePlane, neighbourPlane, pcaPlane, readArrays } from "../latent/latent.js";
import { makeNetwork, readPack } from "../network/network.js";
import { makeItems } from "./items.js";
import { serverSource } from "./source.js";

/** @import { Network } from "../network/network.js" */
/** @import { Codes, Model, ModelScene, Plane, Source } from "../types.js" */

/**
 * Fetch a model's decoder and codes, both at once.
 * @param {ModelScene} scene
 * @param {Source} source where the model comes from
 * @returns {Promise<Model>}
 */
export async function loadModel(scene, source = serverSource(scene)) {
  const [pack, codes] = await Promise.all([
    scene.packed ? source.bytes("pack") : null,
    source.bytes("codes").then(readArrays),
  ]);
  const network = pack && (await makeNetwork(readPack(pack)));
  return makeModel(scene, source, pack, network, /** @type {any} */ (codes));
}

/**
 * @param {ModelScene} scene
 * @param {Source} source
 * @param {ArrayBuffer|null} pack
 * @param {Network|null} network what decodes here; without it, Python decodes
 * @param {Codes} codes
 * @returns {Model}
 */
function makeModel({ latentDim, imageShape, classNames, words }, source, pack, network, codes) {
  return {
    latentDim,
    sample: imageShape,
    isLive: network !== null,
    pack,
    network,
    decode: network ?? decodesInPython,
    decodeLater: latestFor(source.decode),
    codes,
    items: makeItems(codes, source, { classNames, words }),
    planeOf: (map) => planeOf(map, codes),
    source,
  };
}

/** @returns {Float32Array} */
function decodesInPython() {
  throw new Error("This model's decoder does not run in the browser.");
}

/**
 * Let Python decode; what a newer request for the same place overtakes comes to null.
 * @param {Source["decode"]} decode
 * @returns {Model["decodeLater"]}
 */
function latestFor(decode) {
  const asked = new Map();
  return async (z, place) => {
    const ticket = {};
    asked.set(place, ticket);
    const values = await decode(z);
    return asked.get(place) === ticket ? values : null;
  };
}

/** @param {string} map @param {Codes} codes @returns {Plane} */
function planeOf(map, codes) {
  const places = /** @type {Object<string, any>} */ (codes)[map];
  if (places) return neighbourPlane(codes, places);
  if (map.startsWith("z")) {
    const [across, up] = map.slice(1).split("-").map(Number);
    return coordinatePlane(across, up);
  }
  return pcaPlane(codes, map === "pca3" ? 3 : 2);
}
