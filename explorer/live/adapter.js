// @ts-check
/**
 * Ties a stage, of a model or of a training run, to Streamlit. Streamlit calls this again whenever
 * Python sends another scene; the stage of the same thing is then updated, that of another replaced.
 */

const stages = new WeakMap();

export default function ({ data: scene, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".le-root");
  const mounted = stages.get(root);
  if (mounted?.key === scene.key) {
    mounted.stage.then((stage) => stage.update(scene));
  } else {
    mounted?.stage.then((stage) => stage.destroy());
    // This module came from a blob, which paths cannot start from.
    const stage = import(new URL(scene.urls.module, location.href).href).then(({ mount }) =>
      mount(root, scene, (view) => setStateValue("view", { ...view, key: scene.key })),
    );
    stage.catch((error) => {
      root.textContent = `${scene.words.failed} ${error.message}`;
    });
    stages.set(root, { key: scene.key, stage });
  }
  return () => {
    stages.get(root)?.stage.then((stage) => stage.destroy());
    stages.delete(root);
  };
}
