// npm run bench: what a start, a provision and a change of plan cost, as ratios measured in interleaved rounds of one run.
//
//   npm run bench                                all three
//   npm run bench -- startup --rounds 40         some: startup, provision, upgrade
//   npm run bench -- provision --json            the same as JSON, every sample included
//
// Exits 1 when the median of a figure is over its bound. provision and upgrade need Docker: DOCKER_HOST, the usual socket,
// else (as root, where npm test has installed one) an engine of the tests' own is started for the run.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { dependenciesInstalled, installDependencies } from "../../.tools/install.mjs";
import { systemName } from "../support/debian.mjs";
import { dockerApi } from "../support/docker-api.mjs";
import { enginePackages, startEngine } from "../support/docker-engine.mjs";
import { over, textOf } from "./figures.mjs";

/** Loaded late: they need what may have to be installed first. */
const PARTS = {
  startup: { load: async () => (await import("./startup.mjs")).startup, rounds: 40, docker: false },
  provision: { load: async () => (await import("./provision.mjs")).provision, rounds: 12, docker: true },
  upgrade: { load: async () => (await import("./upgrade.mjs")).upgrade, rounds: 10, docker: true },
};

class Failed extends Error {}

process.chdir(new URL("../..", import.meta.url).pathname);
const say = (text) => console.error(`[bench] ${text}`);
const interruption = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => interruption.abort(new Failed("interrupted")));
}
const folder = realpathSync(mkdtempSync(join(tmpdir(), "pgaddon-bench-")));
let engine;
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Failed ? `npm run bench: ${error.message}` : error);
  process.exitCode = interruption.signal.aborted ? 130 : 1;
} finally {
  await engine?.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function main(argv) {
  const { names, rounds, json } = wanted(argv);
  if (!dependenciesInstalled()) {
    say("Installing packages (npm ci)");
    if (installDependencies() !== 0) throw new Failed("npm ci failed");
  }
  const build = spawnSync(process.execPath, [".tools/build.mjs"], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (build.status !== 0) throw new Failed("the build failed");
  const env = await environment(names.some((name) => PARTS[name].docker));
  const report = { node: process.version, system: systemName(), cpus: cpus().length, parts: [] };
  for (const name of names) {
    const part = PARTS[name];
    const count = rounds ?? part.rounds;
    const run = await part.load();
    say(`${name}: ${count} rounds`);
    const before = loadavg();
    const result = await run({ rounds: count, env, folder, say, signal: interruption.signal });
    report.parts.push({ name, rounds: count, load: { before, after: loadavg() }, ...result });
  }
  console.log(json ? JSON.stringify(report, null, 2) : textOf(report));
  return report.parts.some(({ figures }) => figures.some(over)) ? 1 : 0;
}

function wanted(argv) {
  const usage = `npm run bench -- [${Object.keys(PARTS).join("|")}]... [--rounds N] [--json]`;
  try {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: { rounds: { type: "string" }, json: { type: "boolean", default: false } },
    });
    const { rounds, json } = values;
    if (rounds !== undefined && !/^[1-9][0-9]*$/.test(rounds))
      throw new Error(`--rounds ${rounds} is no number`);
    const unknown = positionals.find((name) => !Object.hasOwn(PARTS, name));
    if (unknown !== undefined) throw new Error(`there is no '${unknown}'`);
    const names = positionals.length > 0 ? positionals : Object.keys(PARTS);
    return { names, json, rounds: rounds === undefined ? undefined : Number(rounds) };
  } catch (error) {
    throw new Failed(`${error.message}\n${usage}`);
  }
}

/** For every measured process: this and nothing else. NODE_EXTRA_CA_CERTS alone makes a start of Node 20 three times slower. */
async function environment(docker) {
  const kept = [
    "PATH",
    "LANG",
    "DOCKER_CERT_PATH",
    "DOCKER_TLS_VERIFY",
    "PGADDON_BUILD_NETWORK",
    "PGADDON_APT_MIRROR",
  ];
  const env = Object.fromEntries(
    kept.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])),
  );
  Object.assign(env, { HOME: folder, TMPDIR: folder });
  if (!docker) return env;
  Object.assign(env, await dockerHost());
  // The bench itself asks the same engine.
  process.env.DOCKER_HOST = env.DOCKER_HOST;
  return env;
}

async function dockerHost() {
  const named = process.env.DOCKER_HOST;
  const usual = "/var/run/docker.sock";
  if (named) {
    if (await dockerApi(named)?.ping()) return { DOCKER_HOST: named };
    throw new Failed(
      `no Docker engine answers at DOCKER_HOST=${named} (unix:// and plain tcp:// are measured)`,
    );
  }
  if (existsSync(usual) && (await dockerApi(`unix://${usual}`).ping()))
    return { DOCKER_HOST: `unix://${usual}` };
  if (process.getuid?.() !== 0 || enginePackages().length > 0) {
    throw new Failed(
      "no Docker engine answers: start one, or set DOCKER_HOST (npm test, as root, installs one)",
    );
  }
  say("Starting a Docker engine");
  engine = await startEngine(say);
  return { ...engine.env, DOCKER_HOST: engine.host };
}
