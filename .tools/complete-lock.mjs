// Adds to package-lock.json the parts of packages that are for other platforms, where the registry that npm asked did not
// have them: without, `npm ci` refuses the file. Run it after `npm install`; --check only tells.
import { readFile, writeFile } from "node:fs/promises";

const file = "package-lock.json";
const lock = JSON.parse(await readFile(file, "utf8"));
const { packages } = lock;

const systems = [
  "aix",
  "android",
  "darwin",
  "freebsd",
  "linux",
  "netbsd",
  "openbsd",
  "openharmony",
  "sunos",
  "win32",
];
const processors = [
  "arm64",
  "arm",
  "ia32",
  "loong64",
  "mips64el",
  "ppc64",
  "riscv64",
  "s390x",
  "wasm32",
  "x64",
];

/** "@oxc-parser/binding-linux-x64-musl" names its platform. */
function platformOf(name) {
  const words = name.split("/").at(-1).split("-");
  const os = systems.find((system) => words.includes(system));
  const cpu = processors.find((processor) => words.includes(processor));
  if (cpu === undefined) throw new Error(`${name} does not say which platform it is for`);
  const musl = words.some((word) => word.startsWith("musl"));
  const libc =
    os === "linux" && words.some((word) => /^(gnu|musl)/.test(word)) ? [musl ? "musl" : "glibc"] : undefined;
  return { cpu: [cpu], libc, os: os && [os] };
}

const added = [];
for (const [path, { optionalDependencies = {}, dev }] of Object.entries(packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const places = [`${path}/node_modules/${name}`, `node_modules/${name}`];
    if (places.some((place) => place in packages) || !/^\d+\.\d+\.\d+/.test(version)) continue;
    const { cpu, libc, os } = platformOf(name);
    // In npm's own order; what is undefined is not written.
    packages[`node_modules/${name}`] = { version, cpu, dev, libc, optional: true, os };
    added.push(name);
  }
}
if (added.length > 0 && process.argv.includes("--check")) {
  console.error(`${file} lacks ${added.join(", ")}: run node .tools/complete-lock.mjs`);
  process.exitCode = 1;
} else if (added.length > 0) {
  lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => a.localeCompare(b, "en")));
  await writeFile(file, `${JSON.stringify(lock, null, 2)}\n`);
}
