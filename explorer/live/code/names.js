// @ts-check
/** Names that people gave to dimensions, kept in this browser. */
export function rememberedNames(key) {
  const place = `latent-explorer:names:${key}`;
  let names = {};
  try {
    names = JSON.parse(localStorage.getItem(place) ?? "{}") ?? {};
  } catch {
    // Storage may be unavailable (private windows); names then last as long as the page.
  }
  return {
    get: (index) => names[index],
    /** Keep a name; an empty one forgets it. */
    set(index, name) {
      if (name) names[index] = name;
      else delete names[index];
      try {
        localStorage.setItem(place, JSON.stringify(names));
      } catch {
        // As above.
      }
    },
  };
}
