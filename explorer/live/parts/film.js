// @ts-check
/**
 * Filmstrips: the picture with one slider elsewhere, redrawn while anything moves. Strips near the
 * hand come first; those that show an earlier code are dimmed until they are redrawn.
 * Knows which strip is next; knows nothing of what a code means.
 */

const LATE_MS = 25; // between two frames, which means that one was dropped
const RESTS = [0.5, 16]; // least and most pause, in ms per ms of work, while something moves
const STILL_MS = 80; // without a move, before redrawn strips stop being dimmed

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * @typedef {{index: number, active: boolean, element: HTMLElement,
 *     frames: {at: number, picture: {draw: function(Float32Array): void}}[]}} Slider
 */
/** @typedef {Slider & {order: number, shows: Float32Array|null}} Strip with the code it shows */
/** @typedef {{decode: function(Float32Array[]): Promise<Float32Array[]>}} Projector */

export class Film {
  #projector;
  /** @type {Strip[]} */
  #strips;
  /** @type {Set<Strip>} */
  #inSight = new Set();
  /** @type {Float32Array|null} */
  #z = null;
  #hand; // where the hand is, or was last
  /** @type {Strip[]} */
  #queue = [];
  #isMoving = false;
  #isDrawing = false;
  #gone = false;
  #timer = 0;
  #rest = 4; // present pause per ms of work, so that no frame is late
  #frame = 0;
  #frameAt = 0;
  #watcher = new IntersectionObserver((entries) => this.#see(entries));

  /**
   * @param {Slider[]} sliders from top to bottom; those not active are folded away
   * @param {Projector} projector decodes elsewhere
   */
  constructor(sliders, projector) {
    this.#projector = projector;
    this.#strips = sliders.map((slider, order) => ({ ...slider, order, shows: null }));
    this.#hand = this.#strips[0];
    for (const strip of this.#strips) {
      this.#watcher.observe(strip.element);
      for (const event of ["pointerenter", "focusin"])
        strip.element.addEventListener(event, () => this.#startFrom(strip));
    }
  }

  /** Follow the code on show; the array must not be changed afterwards. @param {Float32Array} code */
  show(code) {
    this.#z = code;
    this.#isMoving = true;
    for (const strip of this.#strips) if (this.#isStale(strip)) this.#dim(strip);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#settle(), STILL_MS);
    this.#frame ||= requestAnimationFrame((now) => this.#heed(now));
    this.#draw();
  }

  stop() {
    this.#gone = true;
    clearTimeout(this.#timer);
    cancelAnimationFrame(this.#frame);
    this.#watcher.disconnect();
  }

  /** Whether another dimension than the strip's own has changed since it was drawn. */
  #isStale(/** @type {Strip} */ { index, shows }) {
    return !shows || !!this.#z?.some((value, i) => i !== index && value !== shows[i]);
  }

  #dim(/** @type {Strip} */ strip) {
    strip.element.classList.toggle("le-stale", this.#isStale(strip));
  }

  /** The strips to draw, nearest first; those out of sight wait until nothing moves. */
  #plan() {
    const [strips, inSight] = [this.#strips, this.#inSight];
    const away = (/** @type {Strip} */ strip) =>
      Math.abs(strip.order - this.#hand.order) + (inSight.has(strip) ? 0 : strips.length);
    return strips
      .filter((strip) => inSight.has(strip) || (strip.active && !this.#isMoving))
      .sort((one, other) => away(one) - away(other));
  }

  /** The next strip, or none; every visible strip gets its turn before any is redrawn again. */
  #next() {
    const first = () => this.#queue.findIndex((strip) => this.#isStale(strip));
    if (first() < 0) this.#queue = this.#plan();
    const at = first();
    const strip = this.#queue[at];
    this.#queue = this.#queue.slice(at + 1);
    return strip;
  }

  async #draw() {
    if (this.#isDrawing || !this.#z) return;
    this.#isDrawing = true;
    for (let strip; (strip = this.#next()); ) {
      const { index, frames } = strip;
      const code = this.#z;
      const codes = frames.map(({ at }) => code.map((v, i) => (i === index ? at : v)));
      const began = performance.now();
      const pictures = await this.#projector.decode(codes);
      if (this.#gone) return;
      frames.forEach(({ picture }, i) => picture.draw(pictures[i]));
      strip.shows = code;
      if (!this.#isMoving) this.#dim(strip);
      else await pause(this.#rest * (performance.now() - began));
    }
    this.#isDrawing = false;
  }

  /** Pause longer after a late frame, and a little less after each frame in time. */
  #heed(/** @type {number} */ now) {
    this.#frame = 0;
    const gap = now - this.#frameAt;
    this.#frameAt = now;
    if (gap > 4 * LATE_MS) return; // nothing moved in between
    const rest = this.#rest * (gap > LATE_MS ? 1.45 : 0.98);
    this.#rest = Math.max(RESTS[0], Math.min(RESTS[1], rest));
  }

  #settle() {
    this.#isMoving = false;
    for (const strip of this.#strips) this.#dim(strip);
    this.#draw();
  }

  #startFrom(/** @type {Strip} */ strip) {
    if (this.#hand !== strip) this.#queue = [];
    this.#hand = strip;
  }

  #see(/** @type {IntersectionObserverEntry[]} */ entries) {
    for (const { target, isIntersecting } of entries) {
      const strip = this.#strips.find(({ element }) => element === target);
      if (strip) this.#inSight[isIntersecting ? "add" : "delete"](strip);
    }
    this.#queue = [];
    this.#draw();
  }
}
