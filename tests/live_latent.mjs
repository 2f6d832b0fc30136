// Runs latent.js for test_live_latent.py: one buffer of arrays and a list of codes in, what the
// module makes of them out, as JSON.

import { readFileSync } from "node:fs";
import * as latent from "../explorer/live/latent/latent.js";

const { path, targets, places } = JSON.parse(readFileSync(0, "utf8"));
const bytes = readFileSync(path);
const codes = latent.readArrays(
  bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
);
const list = (values) => Array.from(values);
const both = { pca: latent.pcaPlane(codes, 2), pca3: latent.pcaPlane(codes, 3) };
both.tsne = latent.neighbourPlane(codes, codes.tsne);
both.z = latent.coordinatePlane(2, 0);
both.alone = latent.coordinatePlane(2, 2);
const round = (name, z, i) => {
  const xy = list(both[name].toPlane(z));
  const moved = both[name].toCode(places[i], z);
  return { xy, moved: list(moved), back: list(both[name].toPlane(moved)) };
};
const [first, second] = targets;
process.stdout.write(
  JSON.stringify({
    shapes: Object.fromEntries(Object.entries(codes).map(([name, a]) => [name, a.shape])),
    bytes: list(codes.bytes.values),
    row: list(latent.row(codes.mu, 3)),
    nearest: targets.map((z) => {
      const { rows, distances } = latent.nearest(codes.mu, z, codes.active.values);
      return { rows: list(rows), distances: list(distances) };
    }),
    others: list(latent.nearest(codes.mu, latent.row(codes.mu, 3), codes.active.values, 3).rows),
    honesty: targets.map((z) => {
      const { percentile, level } = latent.honesty(codes, z);
      return { percentile, level };
    }),
    own: latent.honesty(codes, latent.row(codes.mu, 3), 3).percentile,
    planes: Object.fromEntries(
      Object.keys(both).map((name) => [name, targets.map((z, i) => round(name, z, i))]),
    ),
    ontoDot: list(both.tsne.toPlane(latent.row(codes.mu, 3))),
    fromDot: list(both.tsne.toCode(latent.row(codes.tsne, 3))),
    draws: list(latent.samplePrior(20000)),
    arc: [0, 0.25, 0.5, 1].map((t) => list(latent.slerp(first, second, t))),
    straight: list(latent.slerp([1, 1], [3, 3], 0.5)),
    fromOrigin: list(latent.slerp([0, 0], [2, 0], 0.5)),
  }),
);
