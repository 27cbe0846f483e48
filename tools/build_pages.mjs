// Builds the pages' scripts, styles and base map from `src/sampan_platform/web/assets` and npm
// into `src/sampan_platform/web/static/sampan`, each file named by its content, with a gzip copy.
//
//   node tools/build_pages.mjs [--watch]
//
// `manifest.json` there says which file is which; the template tag `asset` reads it.
import { build, context } from "esbuild";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { createHash } from "node:crypto";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { feature } from "topojson-client";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const sources = path.join(root, "src", "sampan_platform", "web", "assets");
const target = path.join(root, "src", "sampan_platform", "web", "static", "sampan");

/** Entry points: every script and style directly in the sources' folder. */
async function entries() {
  const files = await readdir(sources);
  return files.filter((name) => /\.(js|css)$/.test(name)).map((name) => path.join(sources, name));
}

/** Land without borders (Natural Earth, public domain, 1:50 m) as GeoJSON, rounded to 0.01°. */
async function land() {
  const file = path.join(root, "node_modules", "world-atlas", "land-50m.json");
  const topology = JSON.parse(await readFile(file, "utf8"));
  const shape = feature(topology, topology.objects.land);
  const features = (shape.features ?? [shape]).map((one) => ({
    ...one,
    properties: { name: "land" },
  }));
  const rounded = (key, value) =>
    typeof value === "number" && key !== "id" ? Math.round(value * 100) / 100 : value;
  return JSON.stringify({ type: "FeatureCollection", features }, rounded);
}

/** Writes a file under a name that holds its content's hash; returns that name. */
async function keep(name, text) {
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 10);
  const { name: stem, ext } = path.parse(name);
  const kept = `${stem}-${hash}${ext}`;
  await writeFile(path.join(target, kept), text);
  return kept;
}

async function finish(result) {
  const manifest = {};
  for (const [output, facts] of Object.entries(result.metafile.outputs)) {
    if (facts.entryPoint) manifest[path.basename(facts.entryPoint)] = path.basename(output);
  }
  manifest["land.json"] = await keep("land.json", await land());
  for (const name of await readdir(sources)) {
    if (!name.endsWith(".svg")) continue;
    manifest[name] = await keep(name, await readFile(path.join(sources, name), "utf8"));
  }
  await writeFile(path.join(target, "manifest.json"), `${JSON.stringify(manifest, null, 1)}\n`);
  for (const name of await readdir(target)) {
    if (!/\.(js|css|json|svg)$/.test(name)) continue;
    const text = await readFile(path.join(target, name));
    await writeFile(path.join(target, `${name}.gz`), gzipSync(text, { level: 9 }));
  }
}

const options = {
  entryPoints: await entries(),
  outdir: target,
  bundle: true,
  splitting: true,
  format: "esm",
  minify: true,
  target: ["es2022"],
  entryNames: "[name]-[hash]",
  chunkNames: "part-[hash]",
  metafile: true,
  legalComments: "linked",
  logLevel: "warning",
  plugins: [{ name: "finish", setup: (run) => run.onEnd((result) => finish(result)) }],
};

await rm(target, { recursive: true, force: true });
await mkdir(target, { recursive: true });
if (process.argv.includes("--watch")) {
  const watching = await context(options);
  await watching.watch();
} else {
  await build(options);
}
