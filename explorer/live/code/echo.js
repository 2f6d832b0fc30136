// @ts-check
/**
 * Tells news from echoes. Whatever the page tells Python comes back from there with the next scene,
 * sometimes late; following it would undo what the visitor has done since.
 */

/**
 * @template T where a page is, as an address says it
 * @param {T} received where Python first said to be
 * @param {function(T, T): boolean} isSame
 */
export function makeEcho(received, isSame) {
  /** @type {T|null} */
  let told = null;
  return {
    /** The page tells Python this, or is where Python said. @param {T} place */
    tell(place) {
      told = place;
    },
    /**
     * Whether what Python sends is neither what it sent before, nor what it was told, nor `here`.
     * @param {T} place
     * @param {T|null} [here] where the page is
     */
    isNews(place, here = null) {
      const known = [received, told, here];
      received = place;
      return !known.some((other) => other !== null && isSame(other, place));
    },
  };
}
