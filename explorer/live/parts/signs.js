// @ts-check
/** The signs of classes: the shapes that Plotly draws dots in, as small pictures for the page. */

const NS = "http://www.w3.org/2000/svg";

/** Outlines in a box from -6 to 6, by Plotly's names of its markers. */
const OUTLINES = {
  circle: "M5 0A5 5 0 1 1 -5 0A5 5 0 1 1 5 0Z",
  square: "M-4.5-4.5H4.5V4.5H-4.5Z",
  diamond: "M0-6L6 0L0 6L-6 0Z",
  x: "M-5-2.6L-2.6-5L0-2.4L2.6-5L5-2.6L2.4 0L5 2.6L2.6 5L0 2.4L-2.6 5L-5 2.6L-2.4 0Z",
  cross: "M-1.8-6H1.8V-1.8H6V1.8H1.8V6H-1.8V1.8H-6V-1.8H-1.8Z",
};

/**
 * @param {{symbol?: string, color: string}} sign as a trace of the map has it
 * @returns {SVGSVGElement} hidden from assistive technology: a name always stands beside it
 */
export function makeSign({ symbol, color }) {
  const svg = document.createElementNS(NS, "svg");
  svg.setAttribute("viewBox", "-6.5 -6.5 13 13");
  svg.setAttribute("class", "le-sign");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(NS, "path");
  path.setAttribute("d", OUTLINES[symbol?.replace("-open", "")] ?? OUTLINES.circle);
  path.setAttribute("fill", color);
  svg.append(path);
  return svg;
}
