// @ts-check
/**
 * Pointing at the map: what mouse, pen, fingers and arrow keys do there.
 * Knows gestures; the map tells it what lies where, and moves when told.
 */

const STILL = 4; // pixels that a click may move
const FINGER_STILL = 10; // the same for a finger
const REACH = 9; // pixels within which a pointer is on a dot
const FINGER_REACH = 22;
const LONG_MS = 350; // until a resting finger decodes where it is
const DOUBLE_MS = 320; // between the taps of a double tap

/** @typedef {{xy: number[]|null, item: number|null, x: number, y: number}} Spot under a pointer */
/** @typedef {function(MouseEvent, number): Spot|null} Under what is within reach in pixels */

/**
 * What gestures do; each callback also gets the time of the event.
 * @typedef {Object} Hands
 * @property {function(Spot, number): void} onHover
 * @property {function(): void} onLeave
 * @property {function(Spot, number): void} onPick
 * @property {function(number): void} onTakeBack that was the first half of a double click
 */

/**
 * What fingers hold.
 * @typedef {Object} Held
 * @property {HTMLElement} area what pixels are counted from
 * @property {Under} under
 * @property {function(): boolean} isFlat
 * @property {function(): function(Pair, Pair): void} grip takes hold of the map as it lies, and returns
 *     what moves it as two fingers went, before and now
 * @property {function(): void} showWhole shows all of it
 */
/** @typedef {import("./plot.js").Pair} Pair */

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const distance = (one, other) => Math.hypot(one.x - other.x, one.y - other.y);
const spot = (event) => ({ x: event.clientX, y: event.clientY });
const isOnPin = (event) => event.target.closest(".le-pin") !== null; // a button

/**
 * Mouse and pen: pointing shows, a click picks, a second one soon after takes that back. Dragging
 * and what a double click does besides are left to Plotly.
 * @param {HTMLElement} element the map
 * @param {Hands & {under: Under}} map
 * @returns {function(): void} stops listening
 */
export function listenToMouse(element, { under, onHover, onLeave, onPick, onTakeBack }) {
  let pressed = null;
  let isSecond = false; // of a double click, as the browser counts clicks
  let released = null; // where the last click was
  const isFinger = (event) => event.pointerType === "touch";

  const move = (event) => {
    if (pressed || isFinger(event)) return;
    // Browsers repeat a move when what lies under the pointer changes, as Plotly's cover does; what
    // was just picked stays until the hand really moves.
    if (released && distance(released, spot(event)) < STILL) return;
    released = null;
    const here = isOnPin(event) ? null : under(event, REACH);
    if (here) onHover(here, event.timeStamp);
    else onLeave();
  };
  const press = (event) => {
    if (isFinger(event) || isOnPin(event)) return;
    if (event.button === 0 && event.isPrimary) pressed = spot(event);
  };
  const release = (event) => {
    // Plotly lays a cover over the page while a button is down, so where the event lands says
    // nothing; that the press began here does.
    if (!pressed || !event.isPrimary) return;
    const isClick = distance(pressed, spot(event)) < STILL;
    pressed = null;
    if (isClick) released = spot(event);
    if (isClick && isSecond) return onTakeBack(event.timeStamp);
    const here = isClick && under(event, REACH);
    if (here) onPick(here, event.timeStamp);
  };
  const forget = () => {
    pressed = null;
  };
  element.addEventListener("pointermove", move);
  element.addEventListener("pointerleave", (event) => isFinger(event) || onLeave());
  // Capture: Plotly stops presses on its drag layer from travelling on.
  element.addEventListener("pointerdown", press, true);
  const count = ({ detail }) => {
    isSecond = detail > 0 && detail % 2 === 0; // a pointer event does not tell; this one follows it
  };
  element.addEventListener("mousedown", count, true);
  addEventListener("pointerup", release, true);
  addEventListener("pointercancel", forget, true);
  return () => {
    removeEventListener("pointerup", release, true);
    removeEventListener("pointercancel", forget, true);
  };
}

/**
 * Fingers: a tap picks; one finger that slides, or rests, decodes where it is and stays there when
 * it is lifted; two move and zoom; two taps show the whole map. In space one finger turns, which is
 * left to Plotly.
 * @param {HTMLElement} element the map
 * @param {Hands & Held} map
 */
export function listenToFingers(element, map) {
  const fingers = new Fingers(element, map);
  const acts = {
    pointerdown: fingers.down,
    pointermove: fingers.move,
    pointerup: fingers.up,
    pointercancel: fingers.cancel,
  };
  for (const [name, act] of Object.entries(acts)) {
    const byTouch = (/** @type {any} */ event) =>
      event.pointerType === "touch" && act.call(fingers, event);
    element.addEventListener(name, byTouch, true);
  }
  const keep = (/** @type {Event} */ event) => fingers.keep(event);
  for (const name of ["touchstart", "touchmove", "touchend"])
    element.addEventListener(name, keep, { capture: true, passive: false });
}

/** What the fingers on a map are doing. */
class Fingers {
  #element;
  #map;
  #at = new Map(); // where each finger is
  /** @type {"tap"|"slide"|"turn"|"pinch"|"nothing"} "tap" while it may become one */
  #doing = "nothing";
  #began = { x: 0, y: 0 };
  /** @type {{x: number, y: number, time: number}|null} */
  #lastTap = null;
  #timer = 0;
  #pinch = () => {}; // continues the present pinch

  /** @param {HTMLElement} element @param {Hands & Held} map */
  constructor(element, map) {
    [this.#element, this.#map] = [element, map];
  }

  down(/** @type {PointerEvent} */ event) {
    const { under, isFlat } = this.#map;
    const isFirst = !this.#at.size;
    if (isFirst && isOnPin(event)) return;
    if (isFirst && !under(event, FINGER_REACH) && isFlat()) return; // beside the axes
    this.#at.set(event.pointerId, spot(event));
    this.#element.setPointerCapture(event.pointerId); // even if the element under the finger is redrawn
    clearTimeout(this.#timer);
    if (this.#at.size === 1) this.#touch(event);
    else if (this.#at.size === 2) this.#grip();
  }

  move(/** @type {PointerEvent} */ event) {
    if (!this.#at.has(event.pointerId)) return;
    this.#at.set(event.pointerId, spot(event));
    if (this.#doing === "pinch") return this.#pinch();
    if (this.#doing === "tap" && distance(this.#began, spot(event)) > FINGER_STILL) {
      clearTimeout(this.#timer);
      this.#doing = this.#map.isFlat() ? "slide" : "turn";
    }
    if (this.#doing === "slide") this.#slide(event);
  }

  up(/** @type {PointerEvent} */ event) {
    if (!this.#lift(event)) return;
    if (this.#doing === "tap") this.#tap(event);
    if (this.#doing === "slide") {
      const here = this.#map.under(event, 0);
      if (here) this.#map.onPick({ ...here, item: null }, event.timeStamp);
    }
    this.#doing = "nothing";
  }

  cancel(/** @type {PointerEvent} */ event) {
    if (!this.#lift(event)) return;
    if (this.#doing === "slide") this.#map.onLeave();
    this.#doing = "nothing";
  }

  /** Plotly would drag a flat map by one finger and turn one in space by either of two. */
  keep(/** @type {Event} */ event) {
    const count = this.#at.size;
    if (!(count > 0 && (this.#map.isFlat() || count > 1))) return;
    event.stopPropagation();
    if (event.cancelable) event.preventDefault(); // suppresses the mouse events that would follow
  }

  #touch(/** @type {PointerEvent} */ event) {
    [this.#doing, this.#began] = ["tap", spot(event)];
    if (!this.#map.isFlat()) return;
    this.#timer = setTimeout(() => this.#doing === "tap" && this.#slide(event), LONG_MS);
  }

  #grip() {
    if (this.#doing === "slide") this.#map.onLeave();
    this.#doing = "pinch";
    const [from, move] = [this.#pair(), this.#map.grip()];
    this.#pinch = () => move(from, this.#pair());
  }

  /** Whether the finger was being tracked. */
  #lift(/** @type {PointerEvent} */ event) {
    if (!this.#at.delete(event.pointerId)) return false;
    clearTimeout(this.#timer);
    return true;
  }

  /** Middle and distance of the first two fingers, in pixels of the area. */
  #pair() {
    const box = this.#map.area.getBoundingClientRect();
    const [one, other] = [...this.#at.values()];
    return {
      x: (one.x + other.x) / 2 - box.left,
      y: (one.y + other.y) / 2 - box.top,
      span: Math.max(1, distance(one, other)),
    };
  }

  #slide(/** @type {PointerEvent} */ event) {
    this.#doing = "slide";
    const here = this.#map.under(event, 0);
    if (here) this.#map.onHover({ ...here, item: null }, event.timeStamp);
    else this.#map.onLeave();
  }

  #tap(/** @type {PointerEvent} */ event) {
    const last = this.#lastTap;
    const isSecond =
      last &&
      event.timeStamp - last.time < DOUBLE_MS &&
      distance(last, spot(event)) < 2 * FINGER_REACH;
    this.#lastTap = isSecond ? null : { ...spot(event), time: event.timeStamp };
    if (isSecond) {
      this.#map.onTakeBack(event.timeStamp);
      return this.#map.showWhole();
    }
    const here = this.#map.under(event, FINGER_REACH);
    if (here) this.#map.onPick(here, event.timeStamp);
  }
}

/** Arrow keys, and Enter; others are left alone. */
export function listenToKeys(element, { onStep, onEnter }) {
  element.addEventListener("keydown", (event) => {
    if (isOnPin(event)) return;
    const step = STEPS[event.key];
    if ((!step && event.key !== "Enter") || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    if (step) onStep(...step, event.timeStamp);
    else onEnter(event.timeStamp);
  });
}
