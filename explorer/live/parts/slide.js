// @ts-check
/**
 * Dragging a slider. A finger that only passes over it to scroll the page leaves it unchanged;
 * browsers move the slider first and notice the scrolling later.
 * Knows an input of type range, not what its value means.
 */

/** How far a key moves a slider. @type {Object<string, number>} */
export const KEYS = {
  ArrowLeft: -0.1,
  ArrowDown: -0.1,
  ArrowRight: 0.1,
  ArrowUp: 0.1,
  PageDown: -0.5,
  PageUp: 0.5,
};
const SIDEWAYS = 8; // pixels that a finger must move sideways to drag the slider

/**
 * @param {HTMLInputElement} input
 * @param {function(number, number): void} onMove (value, time of the event)
 * @param {function(): void} onRest the hand let go
 */
export function listenToSlide(input, onMove, onRest) {
  let finger = null; // {x, y, from, to} until it has moved to a side; `from` is the value before

  const move = (time) => onMove(Number(input.value), time);
  /** Apply the value that the finger has requested so far, if any. */
  const settle = ({ timeStamp }) => {
    const asked = finger?.to ?? null;
    finger = null;
    if (asked === null) return;
    input.value = asked;
    move(timeStamp);
  };

  input.addEventListener("input", (event) => {
    if (!finger) return move(event.timeStamp);
    finger.to = input.value;
    input.value = finger.from;
  });
  input.addEventListener("pointerdown", (event) => {
    const { clientX: x, clientY: y } = event;
    finger = event.pointerType === "touch" ? { x, y, from: input.value, to: null } : null;
  });
  input.addEventListener("pointermove", (event) => {
    if (!finger) return;
    const [right, down] = [event.clientX - finger.x, event.clientY - finger.y].map(Math.abs);
    if (right > SIDEWAYS && right > down) settle(event);
  });
  input.addEventListener("pointerup", (event) => {
    const isTap = finger?.to != null;
    settle(event);
    if (isTap) onRest();
  });
  input.addEventListener("pointercancel", () => {
    finger = null;
  });
  input.addEventListener("change", onRest);
}
