// @ts-check
/** Where a model comes from: here, the addresses of a server. */

import { fetchBytes, fetchJson } from "./loading.js";

/** @import { ModelScene, Source } from "../types.js" */

/** @param {Pick<ModelScene, "urls"|"originals">} scene @returns {Source} */
export function serverSource({ urls, originals }) {
  return {
    bytes: (part) => fetchBytes(urls[part]),
    figure: (url, theme) => fetchJson(`${url}&theme=${theme}`),
    original: (item) => (originals ? `${urls.original}/${item}.png` : null),
    // Only images that lie on the server have names.
    names: () => (originals ? fetchJson(urls.names).catch(() => null) : Promise.resolve(null)),
    async decode(z) {
      const code = Array.from(z, (v) => v.toFixed(5)).join();
      return new Float32Array(await fetchBytes(`${urls.decode}?z=${code}`));
    },
  };
}
