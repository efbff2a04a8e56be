// Bundles src/ into dist/, flat, so that what lies beside it is found. A start pays for each file that it reads and for each
// line in it: what commands need that only read is one file, the rest of what is light another, and what is heavy one each.
import { cp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { rolldown } from "rolldown";

const { version } = JSON.parse(await readFile("package.json", "utf8"));
const root = resolve(".");

/** What `env`, `addons`, `--help` and their like need. */
const start =
  /^(src\/((main|program|context|errors)\.ts|commands\/(registry|define|env|env-get|addons|addons-list|addons-plans|apps)\.ts|addons\/(find|environment|describe|plans)\.ts|output\/output\.ts|state\/(store|paths|types)\.ts|support\/(files|nearest|bytes)\.ts|engines\/local-alive\.ts)|node_modules\/(commander|leven)\/)/;
/** Own modules that are dear themselves or used by the engines only. */
const apart =
  /^src\/(engines\/(docker|local(?!-alive))|output\/(table|progress|style)|state\/schema|postgresql\/(client|tls|roles|image-folder)|addons\/tunnel)/;
const pathOf = (id) => (id.startsWith(`${root}/`) ? id.slice(root.length + 1) : "");
const groups = [
  { name: "start", priority: 2, test: (id) => start.test(pathOf(id)) },
  { name: "work", priority: 1, test: (id) => pathOf(id).startsWith("src/") && !apart.test(pathOf(id)) },
];

// Detours that are dear and hardly ever needed. Commander loads child_process for commands that are programs of their own, of
// which there are none here. cli-table3 measures plain text as if it were emoji. dockerode brings an SSH client (ours is the
// system's) and gRPC for BuildKit sessions (none are opened).
const stubs = [
  { path: "node:child_process", user: "/commander/", code: "module.exports = {};" },
  { path: "ssh2", user: "/docker-modem/", code: "module.exports = {};" },
  { path: "@grpc/grpc-js", user: "/dockerode/", code: "module.exports = {};" },
  { path: "@grpc/proto-loader", user: "/dockerode/", code: "module.exports = {};" },
  { path: "protobufjs", user: "/dockerode/", code: "module.exports = {};" },
  {
    path: "string-width",
    user: "/cli-table3/",
    code: 'module.exports = (text) => /^[\\x20-\\x7e]*$/.test(text) ? text.length : require("string-width")(text);',
  },
];
const lighter = {
  name: "lighter",
  resolveId(path, importer = "") {
    if (importer.includes(".lighter-")) return null;
    const at = stubs.findIndex((stub) => stub.path === path && importer.includes(stub.user));
    // Named as if it lay beside the importer, so that its own require finds the real one.
    return at < 0 ? null : `${importer}.lighter-${at}.cjs`;
  },
  load(id) {
    const at = /\.lighter-(\d+)\.cjs$/.exec(id)?.[1];
    return at === undefined ? null : { code: stubs[Number(at)].code, moduleSideEffects: true };
  },
};

// Built beside it and put in its place at once: somebody may be running the old one.
const partial = `dist.partial-${process.pid}`;
await rm(partial, { recursive: true, force: true });
const bundle = await rolldown({
  input: { main: "src/main.ts" },
  platform: "node",
  // fs-native-extensions brings binaries; the others are optional parts of ssh2 and pg that are not used.
  external: ["fs-native-extensions", "cpu-features", "pg-native", /\.node$/],
  transform: { target: "node20.5", define: { PGADDON_VERSION: JSON.stringify(version) } },
  plugins: [lighter],
  // A module may be imported late by one and at once by another: that is meant.
  onLog(level, log, handler) {
    if (log.code !== "INEFFECTIVE_DYNAMIC_IMPORT" && log.code !== "EVAL") handler(level, log);
  },
});
const { output } = await bundle.write({
  dir: partial,
  // Node reads it in half the time that its loader of modules takes.
  format: "cjs",
  entryFileNames: "[name].js",
  chunkFileNames: "[name]-[hash].js",
  codeSplitting: { groups },
});
await cp("src/postgresql/image", `${partial}/image`, { recursive: true });

await writeFile(`${partial}/package.json`, '{ "type": "commonjs" }\n');

// What each file holds and loads at once, for the test of what a start costs.
const parts = output.filter(({ type }) => type === "chunk");
const facts = parts.map(({ fileName, imports, dynamicImports, modules }) => ({
  fileName,
  imports,
  dynamicImports,
  modules: Object.keys(modules).map((id) => id.replace(`${root}/`, "")),
}));
await writeFile(`${partial}/parts.json`, JSON.stringify(facts, null, 1));

// What is bundled keeps its licence.
const packages = new Set(
  facts.flatMap(({ modules }) =>
    modules.flatMap((id) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? []),
  ),
);
const licences = [];
for (const folder of [...packages].sort()) {
  const { name, version: bundled, license } = JSON.parse(await readFile(`${folder}/package.json`, "utf8"));
  const texts = await Promise.all(
    ["LICENSE", "LICENSE.md", "license", "LICENSE.txt", "LICENCE"].map((file) =>
      readFile(`${folder}/${file}`, "utf8").catch(() => ""),
    ),
  );
  const kind = typeof license === "string" ? license : "see below";
  licences.push(`${name} ${bundled} (${kind})\n\n${texts.find(Boolean) ?? ""}`);
}
await writeFile(`${partial}/THIRD-PARTY-LICENSES.txt`, licences.join(`\n\n${"-".repeat(40)}\n\n`));
await rm("dist", { recursive: true, force: true });
await rename(partial, "dist");
