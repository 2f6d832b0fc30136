// @ts-check
/** The figure on the map: fetched for a map and a theme, with the legend of its classes above it. */

import { el } from "../parts/dom.js";
import { themeOf } from "../parts/theme.js";

/** @import { Figure, Given, Plane } from "../types.js" */

export class MapFigure {
  /** The legend, above the map. */
  above = el("div");
  /** @type {Plane|null} of the map whose figure was fetched last */
  plane = null;
  /** @type {import("../parts/legend.js").Legend|null} */
  #legend = null; // loaded when a map first has classes
  #address = ""; // of the wanted figure
  /** @type {Figure|null} */
  #figure = null;
  #headroom = 0; // kept, so that another colouring does not move the dots
  #given;
  #show;

  /**
   * @param {Pick<Given, "model"|"stage"|"words"|"fail">} given
   * @param {function(Figure): Promise<void>} show
   */
  constructor(given, show) {
    this.#given = given;
    this.#show = show;
  }

  /**
   * Fetch a map and show it, unless it is shown already or another one is requested meanwhile.
   * @param {string} map its name in addresses
   * @param {string} url
   */
  async open(map, url) {
    const { model, stage, words, fail } = this.#given;
    const theme = themeOf(stage);
    const address = `${url} ${theme}`;
    if (address === this.#address) return;
    this.#address = address;
    const isOvertaken = () => address !== this.#address;
    try {
      const figure = await model.source.figure(url, theme);
      if (isOvertaken()) return;
      await this.#readLegend(figure);
      if (isOvertaken()) return;
      this.#figure = figure;
      this.plane = model.planeOf(map);
      await this.draw();
    } catch (error) {
      if (isOvertaken()) return;
      this.#address = "";
      fail(words.mapFailed, /** @type {Error} */ (error));
    }
  }

  /** @param {Figure} figure */
  async #readLegend(figure) {
    const { words, fail } = this.#given;
    if (figure.layout.showlegend && !this.#legend) {
      const { Legend } = await import("../parts/legend.js");
      const redraw = () => this.draw().catch((error) => fail(words.mapFailed, error));
      this.#legend ??= new Legend(words, redraw);
      this.above.replaceChildren(this.#legend.element);
    }
    this.#legend?.read(figure);
  }

  /** Show the figure with the classes that the legend shows. */
  async draw() {
    const { data, layout } = /** @type {Figure} */ (this.#figure);
    const { margin } = layout;
    this.#headroom = Math.max(this.#headroom, margin.t, this.#legend?.height() ?? 0);
    await this.#show({
      data: data.map((trace) => ({ ...trace, visible: !this.#legend?.hides(trace) })),
      layout: { ...layout, showlegend: false, margin: { ...margin, t: this.#headroom } },
    });
  }

  /** The sign of a class as an element, or nothing where the colouring is not by class. */
  sign(/** @type {string|null} */ name) {
    return this.#legend?.sign(name) ?? "";
  }

  destroy() {
    this.#address = "gone"; // ignores figures that arrive later
  }
}
