/** Fetching what the stage runs on: decoder, codes and Plotly. Knows the network, not the page. */

import { makeDecoder, readPack } from "../network/decoder.js";
import { readArrays } from "../latent/latent.js";

/**
 * @param {Object} scene see `explorer/ui/live_decoder.py`
 * @returns {Promise<{decoder: Object, codes: Object, Plotly: Object}>}
 */
export async function loadModel({ urls, packed }) {
  const [decoder, codes, Plotly] = await Promise.all([
    packed ? fetchBytes(urls.pack).then(liveDecoder) : remoteDecoder(urls.decode),
    fetchBytes(urls.codes).then(readArrays),
    loadPlotly(urls.plotly),
  ]);
  return { decoder, codes, Plotly };
}

/** Fetch a file; what the server says of a refusal becomes the error. */
async function fetchWell(url) {
  const answer = await fetch(url);
  if (answer.ok) return answer;
  const { error } = await answer.json().catch(() => ({}));
  throw new Error(error ?? `${answer.status} ${answer.statusText}`);
}

export const fetchBytes = async (url) => (await fetchWell(url)).arrayBuffer();

/** Fetch JSON; errors as in `fetchWell`. */
export const fetchJson = async (url) => (await fetchWell(url)).json();

/** A decoder that runs here: `decode(z)` gives pixels at once; `pack` is what it is made of. */
function liveDecoder(buffer) {
  return { live: true, pack: buffer, decode: makeDecoder(readPack(buffer)) };
}

/** A decoder too large for the browser: Python decodes, after the hand lets go. */
function remoteDecoder(url) {
  const asked = new Map();
  return {
    live: false,
    /** Resolves to pixels, or to null when a newer request for the same place overtook it. */
    async decodeLater(z, place) {
      const ticket = {};
      asked.set(place, ticket);
      const bytes = await fetchBytes(`${url}?z=${Array.from(z, (v) => v.toFixed(5)).join()}`);
      return asked.get(place) === ticket ? new Float32Array(bytes) : null;
    },
  };
}

let plotlyLoading = null;
export function loadPlotly(url) {
  if (globalThis.Plotly) return globalThis.Plotly;
  plotlyLoading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => resolve(globalThis.Plotly);
    script.onerror = () => {
      plotlyLoading = null;
      reject(new Error(url));
    };
    document.head.append(script);
  });
  return plotlyLoading;
}
