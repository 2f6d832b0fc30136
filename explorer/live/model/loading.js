// @ts-check
/** Fetching bytes, JSON and Plotly. Knows the network, not what is in a file. */

/** Fetch a file; what the server says of a refusal becomes the error. */
async function fetchWell(url) {
  const answer = await fetch(url);
  if (answer.ok) return answer;
  const { error } = await answer.json().catch(() => ({}));
  throw new Error(error ?? `${answer.status} ${answer.statusText}`);
}

export const fetchBytes = async (url) => (await fetchWell(url)).arrayBuffer();

/** Fetch JSON; errors as in `fetchWell`. */
export const fetchJson = async (url) => (await fetchWell(url)).json();

let plotlyLoading = null;
export function loadPlotly(url) {
  if (globalThis.Plotly) return globalThis.Plotly;
  plotlyLoading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => resolve(globalThis.Plotly);
    script.onerror = () => {
      plotlyLoading = null;
      reject(new Error(url));
    };
    document.head.append(script);
  });
  return plotlyLoading;
}
