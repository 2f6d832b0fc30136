// @ts-check
/**
 * Hands on the map: what mouse, pen, fingers and arrow keys mean there.
 * Knows gestures; learns from the map what lies where, and tells it how to move.
 */

const STILL = 4; // pixels that a click may slip
const FINGER_STILL = 10; // the same for a finger
const REACH = 9; // pixels within which a pointer is on a dot
const FINGER_REACH = 22;
const LONG_MS = 350; // after which a finger that rests decodes where it is
const DOUBLE_MS = 320; // between the taps of a double tap

/** @typedef {{xy: number[]|null, item: number|null, x: number, y: number}} Spot under a pointer */
/** @typedef {function(MouseEvent, number): Spot|null} Under what is within reach in pixels */

/**
 * What hands mean; each with the time of the event.
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
const isOnPin = (event) => event.target.closest(".le-pin") !== null; // which is a button of its own

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
export function listenToFingers(element, { area, under, isFlat, grip, showWhole, ...on }) {
  const fingers = new Map(); // where each is
  let doing = null; // "tap" while it may become one, "slide", "turn", "pinch", "nothing"
  let began = null;
  let lastTap = null;
  let timer = 0;
  let pinch = null;

  /** Middle and distance of the first two fingers, in pixels of the area. */
  function pair() {
    const box = area.getBoundingClientRect();
    const [one, other] = [...fingers.values()];
    return {
      x: (one.x + other.x) / 2 - box.left,
      y: (one.y + other.y) / 2 - box.top,
      span: Math.max(1, distance(one, other)),
    };
  }

  function slide(event) {
    doing = "slide";
    const here = under(event, 0);
    if (here) on.onHover({ ...here, item: null }, event.timeStamp);
    else on.onLeave();
  }

  function tap(event) {
    const isSecond =
      lastTap &&
      event.timeStamp - lastTap.time < DOUBLE_MS &&
      distance(lastTap, spot(event)) < 2 * FINGER_REACH;
    lastTap = isSecond ? null : { ...spot(event), time: event.timeStamp };
    if (isSecond) {
      on.onTakeBack(event.timeStamp);
      return showWhole();
    }
    const here = under(event, FINGER_REACH);
    if (here) on.onPick(here, event.timeStamp);
  }

  const acts = {
    pointerdown(event) {
      if (!fingers.size && isOnPin(event)) return;
      if (!fingers.size && !under(event, FINGER_REACH) && isFlat()) return; // beside the axes
      fingers.set(event.pointerId, spot(event));
      element.setPointerCapture(event.pointerId); // whatever is redrawn under the finger
      clearTimeout(timer);
      if (fingers.size === 1) {
        [doing, began] = ["tap", spot(event)];
        if (isFlat()) timer = setTimeout(() => doing === "tap" && slide(event), LONG_MS);
      } else if (fingers.size === 2) {
        if (doing === "slide") on.onLeave();
        doing = "pinch";
        pinch = { from: pair(), move: grip() };
      }
    },
    pointermove(event) {
      if (!fingers.has(event.pointerId)) return;
      fingers.set(event.pointerId, spot(event));
      if (doing === "pinch") return pinch.move(pinch.from, pair());
      if (doing === "tap" && distance(began, spot(event)) > FINGER_STILL) {
        clearTimeout(timer);
        doing = isFlat() ? "slide" : "turn";
      }
      if (doing === "slide") slide(event);
    },
    pointerup(event) {
      if (!fingers.delete(event.pointerId)) return;
      clearTimeout(timer);
      if (doing === "tap") tap(event);
      if (doing === "slide") {
        const here = under(event, 0);
        if (here) on.onPick({ ...here, item: null }, event.timeStamp);
      }
      doing = "nothing";
    },
    pointercancel(event) {
      if (!fingers.delete(event.pointerId)) return;
      clearTimeout(timer);
      if (doing === "slide") on.onLeave();
      doing = "nothing";
    },
  };
  for (const [name, act] of Object.entries(acts)) {
    const byTouch = (/** @type {any} */ event) => event.pointerType === "touch" && act(event);
    element.addEventListener(name, byTouch, true);
  }

  // Plotly would drag a flat map by one finger and turn one in space by either of two.
  const keep = (event) => {
    const isOurs = fingers.size > 0 && (isFlat() || fingers.size > 1);
    if (!isOurs) return;
    event.stopPropagation();
    if (event.cancelable) event.preventDefault(); // no mouse events in its wake
  };
  for (const name of ["touchstart", "touchmove", "touchend"])
    element.addEventListener(name, keep, { capture: true, passive: false });
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
