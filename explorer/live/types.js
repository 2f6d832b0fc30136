// @ts-check
/**
 * The contracts of the browser side, as types that TypeScript checks. There is no code here.
 * What Python writes, here called scenes, has the same names and keys in `ui/scenes.py`.
 */

// ---- what is shown -----------------------------------------------------------------------------

/** @typedef {[c: number, h: number, w: number]} ImageShape */

/**
 * Named arrays, as `packing/arrays.py` writes them.
 * @template [Values=Float32Array|Int32Array|Uint8Array]
 * @typedef {{values: Values, shape: number[]}} ArrayOf
 */

/**
 * What a page knows of a bundle's codes.
 * @typedef {Object} Codes
 * @property {ArrayOf<Float32Array>} mu (n, d)
 * @property {ArrayOf<Int32Array>} ids number of each item: its row in the set of images; of samples
 *     from the prior, which have none, -1, -2 and so on
 * @property {ArrayOf<Float32Array>} spacing distances to the k-th neighbour, ascending
 * @property {ArrayOf<Int32Array>} active dimensions that the encoder uses
 * @property {ArrayOf<Int32Array>} [labels] class of each item; -1 where it has none
 * @property {ArrayOf<Uint8Array>} [held_out] 1 where the model did not learn from the item
 * @property {ArrayOf<Float32Array>} [error] reconstruction error of each item
 * @property {ArrayOf<Float32Array>} [tsne] (n, 2); so are all other maps, by their names
 * @property {ArrayOf<Float32Array>} pca_mean (d,)
 * @property {ArrayOf<Float32Array>} pca_components (m, d)
 */

/**
 * One way of laying codes on a map.
 * @typedef {Object} Plane
 * @property {boolean} exact whether a code's place is exact
 * @property {function(ArrayLike<number>): ArrayLike<number>} toPlane a code's place, (2,) or (3,)
 * @property {function(ArrayLike<number>, ArrayLike<number>): Float32Array} toCode the code at a place;
 *     what the plane does not say is kept of the code given
 */

/**
 * A map as `figures/` draws it, for Plotly.
 * @typedef {Object} Figure
 * @property {Object<string, any>[]} data traces, each with the items of its dots as customdata
 * @property {Object<string, any>} layout
 */

/** @typedef {"light"|"dark"} Theme */

// ---- the contracts -----------------------------------------------------------------------------

/**
 * Where a model comes from: the server, or the inside of a file.
 * @typedef {Object} Source
 * @property {function("pack"|"codes"|"comparison"): Promise<ArrayBuffer>} bytes
 * @property {function(string, Theme): Promise<Figure>} figure a map, by its address
 * @property {function(number): string|null} original address of an item's image, if it has one
 * @property {function(): Promise<(string|null)[]|null>} names the file of each item, where it is known
 * @property {function(ArrayLike<number>): Promise<Float32Array>} decode in Python, for decoders too
 *     large for the browser
 */

/**
 * A model that a page runs.
 * @typedef {Object} Model
 * @property {number} latentDim
 * @property {ImageShape} sample what it decodes codes to
 * @property {boolean} isLive whether it decodes in the browser
 * @property {ArrayBuffer|null} pack what it decodes with, if it is live
 * @property {import("./network/network.js").Network|null} network made of that
 * @property {function(ArrayLike<number>): Float32Array} decode a code's picture, c * h * w values in
 *     [0, 1]; the array is used again by the next call. Only where it is live
 * @property {function(ArrayLike<number>, Object): Promise<Float32Array|null>} decodeLater the same by
 *     Python; null where a newer request for the same place overtook this one
 * @property {Codes} codes
 * @property {Items} items
 * @property {function(string): Plane} planeOf by the map's name in addresses
 * @property {Source} source
 */

/**
 * The items of a bundle. An item is a position among the codes; addresses and the screen give its
 * number instead.
 * @typedef {Object} Items
 * @property {number} count
 * @property {function(number): number} numberOf
 * @property {function(number): number|null} withNumber the item, if the model has it
 * @property {function(number): Float32Array} codeOf
 * @property {function(number): string|null} classOf
 * @property {function(number): boolean} isDraw whether no image stands behind the item
 * @property {boolean} hasDraws whether some are samples from the prior
 * @property {boolean} hasParts whether some were learnt from and some held out
 * @property {function(): Promise<void>} learnFiles
 * @property {function(number): string} text
 */

/**
 * A code that is chosen, and the item whose code it is.
 * @typedef {Object} Choice
 * @property {Float32Array} z (d,), in prior standard deviations
 * @property {number|null} item
 */

/**
 * What listeners of the CodeStore hear: a code is chosen ("set"), shown without being chosen
 * ("preview"), the hand lets go ("rest"), or there is more or less to undo ("history").
 * @typedef {Object} CodeChange
 * @property {"set"|"preview"|"rest"|"history"} kind
 * @property {string} [by] what did it
 * @property {number} [time] when it happened
 * @property {boolean} [isNewItem] whether another item is chosen than before
 */

/** @typedef {import("./code/store.js").CodeStore} CodeStore */

/**
 * What a view of the Explore page is given.
 * @typedef {Object} Given
 * @property {StageScene} scene
 * @property {Words} words
 * @property {HTMLElement} stage
 * @property {Model} model
 * @property {CodeStore} code
 * @property {ReturnType<import("./code/moments.js").makeMoments>} frames
 * @property {function(function(): any): void} idle does something once the page can be used
 * @property {function(SampleCanvas, ArrayLike<number>): void} paint a code onto a picture, at once or
 *     as soon as Python has decoded it
 * @property {function(string, Error): void} fail says beside the map what went wrong
 */

/**
 * A view of the code: one part of a page, or the page itself.
 * @typedef {Object} View
 * @property {HTMLElement} element
 * @property {function(): void} [show] draws the code that is shown, within a frame
 * @property {function(CodeChange): void} [rest] the hand let go, or the address led elsewhere
 * @property {function(StageScene): void} [update] Python sent another scene of the same model
 * @property {{get: function(): Object<string, any>, set: function(Object<string, any>): void}} [state]
 *     what the address keeps of it
 * @property {function(): void} [destroy]
 */

/**
 * A tool of the Explore page: a view whose state is one text, which the address keeps under the name
 * of the tool while it is open. `code.rest()` says that it has changed.
 * @typedef {Omit<View, "state"> & {state?: {get: function(): string, set: function(string): void}}} Tool
 */

/**
 * A canvas whose bitmap is a sample at its own resolution.
 * @typedef {HTMLCanvasElement & {draw: function(Float32Array): void}} SampleCanvas
 */

// ---- what Python writes ------------------------------------------------------------------------

/** @typedef {Object<string, any>} Words a section of the catalogue */

/**
 * What the Explore page shows.
 * @typedef {Object} StageScene
 * @property {string} key changes with the model
 * @property {string} model its name
 * @property {StageTitle} title
 * @property {number} latentDim
 * @property {ImageShape} imageShape
 * @property {string[]} classNames
 * @property {Coordinate[]} coordinates most informative first
 * @property {boolean} packed whether the decoder runs in the browser
 * @property {boolean} originals whether the items' images lie on the server
 * @property {Urls} urls
 * @property {string} map
 * @property {string} mapUrl
 * @property {Start} start
 * @property {OwnPicture|null} own
 * @property {ToolScene[]} tools
 * @property {Words} words
 */

/**
 * What of a scene a model is made from.
 * @typedef {Pick<StageScene, "latentDim"|"imageShape"|"classNames"|"packed"|"originals"|"urls"|"words">} ModelScene
 */

/**
 * A tool of the Explore page, by the name of its folder in `tools/`.
 * @typedef {Object} ToolScene
 * @property {string} name
 * @property {string} label
 * @property {string} help
 */

/**
 * @typedef {Object} StageTitle
 * @property {string} text
 * @property {string} name
 * @property {string[]} facts
 * @property {string} lookFor
 */

/**
 * @typedef {Object} Coordinate
 * @property {number} index
 * @property {string} name
 * @property {number} limit
 * @property {boolean} active
 */

/**
 * Where to begin: at an item, by its number, or at a code; and what each tool keeps.
 * @typedef {Object} Start
 * @property {number|null} item
 * @property {number[]|null} z
 * @property {Object<string, string>} tools
 */

/**
 * A visitor's own picture.
 * @typedef {Object} OwnPicture
 * @property {number} id
 * @property {string} image an address with the picture itself in it
 * @property {number[]} z
 * @property {number} error
 */

/**
 * Addresses of one model's files, the encoder's if it runs in the browser.
 * @typedef {Object} Urls
 * @property {string} module
 * @property {string} plotly
 * @property {string} [encoder]
 * @property {string} pack
 * @property {string} codes
 * @property {string} map
 * @property {string} decode
 * @property {string} original
 * @property {string} names
 * @property {string} comparison
 */

/**
 * What the Compare page shows.
 * @typedef {Object} CompareScene
 * @property {string} key changes with the models
 * @property {ImageShape} imageShape
 * @property {Object<string, string>} urls
 * @property {Object<string, string[]>} colors of classes, by theme
 * @property {string} plainColor
 * @property {ComparedModel[]} models
 * @property {SliderSet[]} sizes
 * @property {number|null} firstItem
 * @property {ScoreRow[]} scores
 * @property {ExportScene[]} tables its scores in each format
 * @property {SharedStart} start
 * @property {Words} words
 */

/**
 * One format that something can be saved in; the address may hold the file itself.
 * @typedef {Object} ExportScene
 * @property {string} name
 * @property {string} label
 * @property {string} help
 * @property {string} suffix of file names, such as ".csv"
 * @property {string} mediaType
 * @property {string} url
 */

/**
 * @typedef {Object} ComparedModel
 * @property {string} name
 * @property {string} title
 * @property {string} kind
 * @property {string} covered
 * @property {string} detail
 * @property {string} data
 * @property {number} latentDim
 * @property {boolean} shares
 * @property {boolean} searched
 * @property {string[]} classNames
 * @property {boolean} originals
 * @property {Urls} urls
 * @property {string} gain
 * @property {string} cost
 */

/**
 * Sliders for all models with a code of one size.
 * @typedef {Object} SliderSet
 * @property {number} latentDim
 * @property {number[]} models their positions
 * @property {number[]} order
 */

/**
 * @typedef {Object} ScoreRow
 * @property {string} name
 * @property {string} says
 * @property {string} remark
 * @property {boolean} isWarning
 * @property {ScoreCell[]} cells
 */

/**
 * @typedef {Object} ScoreCell
 * @property {string} text
 * @property {boolean} best
 */

/**
 * Where a comparison is, as an address says it.
 * @typedef {Object} SharedStart
 * @property {number|null} item
 * @property {number|null} item2
 * @property {number} seed
 * @property {(number[]|null)[]} z how far sliders have moved each size of code
 * @property {(number|null)[]} spots
 */

/**
 * What the view of a training run shows.
 * @typedef {Object} RunScene
 * @property {string} key
 * @property {string} name
 * @property {number} latentDim
 * @property {Object<string, string>} urls
 * @property {string} state
 * @property {string|null} kept
 * @property {boolean} mayEndEarly
 * @property {boolean} hasEncoder
 * @property {Words|null} adversarial
 * @property {ExportScene[]} replays formats to save it in
 * @property {Words} words
 */

export {};
