// Runs scripts of what a hand does against the CodeStore, for test_live_code.py: a list of
// [method, ...arguments] in, what listeners heard and where the store ended out, as JSON.

import { readFileSync } from "node:fs";
import { makeEcho } from "../explorer/live/code/echo.js";
import { CodeStore } from "../explorer/live/code/store.js";

const { start, script, echoes } = JSON.parse(readFileSync(0, "utf8"));
const list = (choice) => ({ z: Array.from(choice.z), item: choice.item });

const code = new CodeStore({ z: Float32Array.from(start.z), item: start.item });
const heard = [];
code.subscribe(({ kind, by = "" }) => heard.push(by ? `${kind} by ${by}` : kind));
const steps = [];
for (const [method, ...given] of script) {
  if (method === "wait") await new Promise((done) => setTimeout(done, given[0]));
  else code[method](...given);
  steps.push({
    shown: Array.from(code.z),
    home: list(code.home),
    base: Array.from(code.base),
    previewedBy: code.previewedBy,
    canUndo: code.canUndo,
  });
}
code.destroy();

const echo = makeEcho("first", (one, other) => one === other);
const news = (echoes ?? []).map(([method, ...given]) => echo[method](...given) ?? null);
process.stdout.write(JSON.stringify({ heard, steps, news }));
