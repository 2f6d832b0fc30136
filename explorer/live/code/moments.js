// @ts-check
/** When a frame is drawn, and how long it took, as User Timing measures anyone can read. */

/** Measures kept before old ones are dropped, so that a page left animating stays small. */
const KEPT = 4_000;

export function makeMoments() {
  let waiting = null;
  let frameTaken = false;
  let count = 0;

  function draw(time, work) {
    work();
    const end = performance.now();
    performance.measure("latent:frame", { start: Math.min(time, end), end });
    if (++count % KEPT === 0) {
      performance.clearMeasures("latent:frame");
      performance.clearMeasures("latent:decode");
    }
  }

  function nextFrame() {
    frameTaken = false;
    if (!waiting) return;
    const { time, work } = waiting;
    waiting = null;
    take(time, work);
  }

  function take(time, work) {
    frameTaken = true;
    requestAnimationFrame(nextFrame);
    draw(time, work);
  }

  return {
    /**
     * Draw at once if nothing was drawn in this frame yet, otherwise in the next; a later request
     * replaces one that waits.
     * @param {number} time when the event happened that asks for it
     */
    request(time, work) {
      if (frameTaken) waiting = { time, work };
      else take(time, work);
    },
    /** Forget what waits. */
    cancel: () => (waiting = null),
    /** Run one forward pass and measure it. */
    /** @template T @param {function(): T} run @returns {T} */
    decode(run) {
      const start = performance.now();
      const values = run();
      performance.measure("latent:decode", { start, end: performance.now() });
      return values;
    },
  };
}
