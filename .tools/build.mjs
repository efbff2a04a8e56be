// Bundles src/ into dist/: one file a lazily loaded part, all of them flat, so that what lies beside them is found.
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { build } from "esbuild";

const { version } = JSON.parse(await readFile("package.json", "utf8"));
await rm("dist", { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: { main: "src/main.ts" },
  outdir: "dist",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20.5",
  chunkNames: "[name]-[hash]",
  entryNames: "[name]",
  legalComments: "none",
  define: { PGADDON_VERSION: JSON.stringify(version) },
  // fs-native-extensions brings binaries; the rest are optional parts of ssh2 and pg that are not used.
  external: ["fs-native-extensions", "cpu-features", "pg-native", "*.node"],
  banner: {
    // For CommonJS packages in an ES module.
    js: 'import{createRequire as __cr}from"node:module";import{fileURLToPath as __fu}from"node:url";const require=__cr(import.meta.url),__filename=__fu(import.meta.url),__dirname=__fu(new URL(".",import.meta.url));',
  },
  metafile: true,
  logLevel: "warning",
});
await cp("src/postgresql/image", "dist/image", { recursive: true });
// What is bundled keeps its licence.
const packages = new Set(
  Object.keys(metafile.inputs).flatMap((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[0] ?? []),
);
const licences = [];
for (const folder of [...packages].sort()) {
  const { name, version: bundled, license } = JSON.parse(await readFile(`${folder}/package.json`, "utf8"));
  const texts = await Promise.all(
    ["LICENSE", "LICENSE.md", "license", "LICENSE.txt", "LICENCE"].map((file) => readFile(`${folder}/${file}`, "utf8").catch(() => "")),
  );
  licences.push(`${name} ${bundled} (${typeof license === "string" ? license : "see below"})\n\n${texts.find(Boolean) ?? ""}`);
}
await writeFile("dist/THIRD-PARTY-LICENSES.txt", licences.join("\n\n----------------------------------------\n\n"));
await writeFile("dist/metafile.json", JSON.stringify(metafile));
