// @ts-check
/**
 * Filmstrips: what the picture would be with one slider elsewhere, redrawn while anything moves.
 * Those near the hand come first, and what shows an earlier code is dimmed until it is drawn anew.
 * Knows which strip is next; knows nothing of what a code means.
 */

const LATE_MS = 25; // between two frames: one is missing
const RESTS = [0.5, 16]; // least and most ms without work for each ms of it, while something moves
const STILL_MS = 80; // without a move; only then does a strip that is drawn stop being dimmed

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * @param {{index: number, active: boolean, element: HTMLElement,
 *     frames: {at: number, picture: {draw: function(Float32Array): void}}[]}[]} sliders
 *     from top to bottom; those not active are folded away
 * @param {{decode: function(Float32Array[]): Promise<Float32Array[]>}} projector decodes elsewhere
 */
export function makeFilm(sliders, projector) {
  const strips = sliders.map((slider, order) => ({ ...slider, order, shows: null }));
  const byElement = new Map(strips.map((strip) => [strip.element, strip]));
  const inSight = new Set();
  let z = null;
  let hand = strips[0]; // where the hand is, or was last
  let queue = [];
  let isMoving = false;
  let isDrawing = false;
  let gone = false;
  let timer = 0;
  let rest = 4; // what is paused for each ms of work, so that no frame comes late
  let frame = 0;
  let frameAt = 0;

  // The other coordinates decide what a strip shows; its own does not.
  const isStale = ({ index, shows }) =>
    !shows || z.some((value, i) => i !== index && value !== shows[i]);

  const dim = (strip) => strip.element.classList.toggle("le-stale", isStale(strip));

  /** What is to be drawn, nearest first; what is out of sight waits until nothing moves. */
  function plan() {
    const away = (strip) =>
      Math.abs(strip.order - hand.order) + (inSight.has(strip) ? 0 : strips.length);
    return strips
      .filter((strip) => inSight.has(strip) || (strip.active && !isMoving))
      .sort((one, other) => away(one) - away(other));
  }

  /** The next strip, or none; all in sight get their turn before the first is drawn once more. */
  function next() {
    let strip = queue.find(isStale);
    if (!strip) {
      queue = plan();
      strip = queue.find(isStale);
    }
    queue = queue.slice(queue.indexOf(strip) + 1);
    return strip;
  }

  async function draw() {
    if (isDrawing || !z) return;
    isDrawing = true;
    for (let strip; (strip = next()); ) {
      const code = z;
      const codes = strip.frames.map(({ at }) => code.map((v, i) => (i === strip.index ? at : v)));
      const began = performance.now();
      const pictures = await projector.decode(codes);
      if (gone) return;
      strip.frames.forEach(({ picture }, i) => picture.draw(pictures[i]));
      strip.shows = code;
      if (!isMoving) dim(strip);
      else await pause(rest * (performance.now() - began));
    }
    isDrawing = false;
  }

  /** Rest longer when a frame is late, and a little less with each that is not. */
  function heed(now) {
    frame = 0;
    const gap = now - frameAt;
    frameAt = now;
    if (gap > 4 * LATE_MS) return; // nothing moved in between
    rest = Math.max(RESTS[0], Math.min(RESTS[1], rest * (gap > LATE_MS ? 1.45 : 0.98)));
  }

  function settle() {
    isMoving = false;
    strips.forEach(dim);
    draw();
  }

  function startFrom(strip) {
    if (hand !== strip) queue = [];
    hand = strip;
  }

  const watcher = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries)
      inSight[isIntersecting ? "add" : "delete"](
        byElement.get(/** @type {HTMLElement} */ (target)),
      );
    queue = [];
    draw();
  });
  for (const strip of strips) {
    watcher.observe(strip.element);
    for (const event of ["pointerenter", "focusin"])
      strip.element.addEventListener(event, () => startFrom(strip));
  }

  return {
    /** Follow the code on show; the array must not be changed afterwards. */
    show(code) {
      z = code;
      isMoving = true;
      for (const strip of strips) if (isStale(strip)) dim(strip);
      clearTimeout(timer);
      timer = setTimeout(settle, STILL_MS);
      frame ||= requestAnimationFrame(heed);
      draw();
    },
    stop() {
      gone = true;
      clearTimeout(timer);
      cancelAnimationFrame(frame);
      watcher.disconnect();
    },
  };
}
