// npm test: installs what is missing, starts a Docker engine where there is none, runs the suites, and tidies up.
//
//   npm test                          everything but the long runs
//   npm test -- test/e2e/some.test.ts more arguments go to vitest
//   npm run test:unit                 what needs neither Docker nor PostgreSQL
//   npm run test:long                 test/long
//   npx -y -p node@24 node test/run.mjs       with another Node (never install it in the repository)
//
//   ENGINES=local                     only suites' runs on this engine; then no Docker is needed
//   PGADDON_TEST_INSTALL=off          install nothing, fail instead
//   PGADDON_TEST_CACHE=<folder>       where images are kept between runs (else /var/tmp/pgaddon-test-<uid>)
//   PGADDON_TEST_RESULT=<file>        write the counts there as JSON
import { spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { dependenciesInstalled, installDependencies } from "../.tools/install.mjs";
import { cannotInstall, installPackages, postgresqlInstall, systemName, which } from "./support/debian.mjs";
import { dockerApi } from "./support/docker-api.mjs";
import { enginePackages, startEngine } from "./support/docker-engine.mjs";
import { sweepHome } from "./support/sweep.mjs";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const [first, ...rest] = process.argv.slice(2);
const part = first === "unit" || first === "long" ? first : "all";
const vitestArguments = part === "all" ? process.argv.slice(2) : rest;
const projects = { unit: ["unit"], long: ["long"], all: ["unit", "contract", "e2e", "chaos"] }[part];

class Failed extends Error {}

const say = (text) => console.log(`[test] ${text}`);
const temporary = realpathSync(mkdtempSync(join(tmpdir(), "pgaddon-run-")));
let engine;
let child;
let interrupted = false;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    interrupted = true;
    // Ctrl-C has reached it already.
    if (signal !== "SIGINT") child?.kill(signal);
  });
}

let code = 1;
try {
  code = await main();
} catch (error) {
  console.error(error instanceof Failed ? `\nnpm test: ${error.message}` : error);
} finally {
  code = (await tidyUp()) ? code : code || 1;
}
process.exitCode = interrupted ? 130 : code;

async function main() {
  if (!dependenciesInstalled()) await installNodeModules();
  const slow = projects.length > 1 || part === "long" ? needsServers() : false;
  const env = { ...process.env, TMPDIR: temporary };
  // It is npm's business, and makes every start of the CLI three times slower.
  if (env.NODE_EXTRA_CA_CERTS) env.PGADDON_TEST_CA_CERTS = env.NODE_EXTRA_CA_CERTS;
  delete env.NODE_EXTRA_CA_CERTS;
  for (const name of Object.keys(env))
    if (/^(PGADDON_(HOME|APP|ADDON|ENGINE|PORTS)|SCALINGO_)/.test(name)) delete env[name];
  let docker = "not needed";
  if (slow) docker = await prepareServers(env);
  if (interrupted) return 130;

  const build = spawnSync(process.execPath, [".tools/build.mjs"], { env, stdio: "inherit" });
  if (build.status !== 0) throw new Failed("the build failed");
  say(
    `Node ${process.version} on ${systemName()}; Docker: ${docker}; PostgreSQL: ${slow ? postgresqlInstall() : "not needed"}`,
  );
  return runVitest(env);
}

/** Files named on the command line that are all of the unit suite need no engine. */
function needsServers() {
  const files = vitestArguments.filter((argument) => argument.includes("/") && !argument.startsWith("-"));
  return (
    files.length === 0 ||
    files.some((file) => /(^|\/)(contract|e2e|chaos|long)(\/|$)/.test(file) || !file.includes("test/"))
  );
}

async function installNodeModules() {
  if (process.env.PGADDON_TEST_INSTALL === "off") {
    throw new Failed(
      "node_modules is missing or out of date; run npm ci (PGADDON_TEST_INSTALL=off forbids doing so)",
    );
  }
  say("Installing packages (npm ci)");
  if (installDependencies() !== 0) throw new Failed("npm ci failed: is the npm registry reachable?");
}

/** PostgreSQL for the local engine, an engine for Docker. Returns which engine, for people. */
async function prepareServers(env) {
  const wantsDocker = !process.env.ENGINES || process.env.ENGINES.split(",").includes("docker");
  const host = wantsDocker ? await reachableDocker() : undefined;
  const startOwn = wantsDocker && host === undefined;
  const packages = [
    ...(postgresqlInstall() === undefined ? ["postgresql", "postgresql-client"] : []),
    // Besides git, the shells whose completion is run for real.
    ...["git", "zsh", "fish"].filter((name) => which(name) === undefined),
    ...(startOwn ? enginePackages() : []),
  ];
  if (packages.length > 0) install(packages, startOwn);
  if (!wantsDocker) return "left out (ENGINES)";
  env.PGADDON_TEST_DOCKER = "1";
  if (!startOwn) {
    env.DOCKER_HOST = host;
    return host;
  }
  if (process.getuid?.() !== 0) {
    throw new Failed(
      "no Docker engine answers, and starting one needs root. Start Docker or set DOCKER_HOST, or run with ENGINES=local",
    );
  }
  say("Starting a Docker engine for the tests");
  engine = await startEngine(say);
  Object.assign(env, engine.env, { DOCKER_HOST: engine.host });
  return `${engine.host} (started for this run)`;
}

function install(packages, docker) {
  const why = cannotInstall();
  if (why !== undefined) {
    const start = docker ? " and start Docker (or set DOCKER_HOST, or run with ENGINES=local)" : "";
    throw new Failed(`missing: ${packages.join(", ")}; ${why}. Install them${start}, then run it again.`);
  }
  say(`Installing Debian packages: ${packages.join(" ")}`);
  installPackages(packages);
}

/** DOCKER_HOST, or where Docker's own client would look; undefined when nothing answers there. */
async function reachableDocker() {
  const { DOCKER_HOST: named } = process.env;
  if (named) {
    const api = dockerApi(named);
    if (api === undefined ? clientAnswers() : await api.ping(10_000)) return named;
    throw new Failed(`no Docker engine answers at DOCKER_HOST=${named}: start it, or unset DOCKER_HOST`);
  }
  for (const path of ["/var/run/docker.sock", join(homedir(), ".docker/run/docker.sock")]) {
    if (existsSync(path) && (await dockerApi(`unix://${path}`).ping())) return `unix://${path}`;
  }
  return contextHost();
}

function clientAnswers() {
  return spawnSync("docker", ["version"], { stdio: "ignore", timeout: 10_000 }).status === 0;
}

/** Tests run the CLI with an empty HOME, so a context's address is handed on as DOCKER_HOST. */
function contextHost() {
  const format = "{{.Endpoints.docker.Host}}";
  const { stdout, status } = spawnSync("docker", ["context", "inspect", "--format", format], {
    encoding: "utf8",
    timeout: 10_000,
  });
  return status === 0 && clientAnswers() ? stdout.trim() : undefined;
}

async function runVitest(env) {
  const report = join(temporary, "report.json");
  const options = [
    ...["run", "--config", "test/vitest.config.ts"],
    ...projects.flatMap((name) => ["--project", name]),
    ...["--reporter=default", "--reporter=json", `--outputFile.json=${report}`],
  ];
  child = spawn(process.execPath, ["node_modules/vitest/vitest.mjs", ...options, ...vitestArguments], {
    env,
    stdio: ["ignore", "inherit", "inherit"],
  });
  const exitCode = await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve(status ?? 1));
  });
  child = undefined;
  const { passed, failed, skipped } = counts(report, exitCode);
  if (process.env.PGADDON_TEST_RESULT) {
    writeFileSync(process.env.PGADDON_TEST_RESULT, JSON.stringify({ passed, failed, skipped }));
  }
  console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
  if (passed + failed === 0) throw new Failed("no test ran");
  return failed > 0 ? exitCode || 1 : exitCode;
}

function counts(report, exitCode) {
  if (!existsSync(report)) return { passed: 0, failed: exitCode === 0 ? 0 : 1, skipped: 0 };
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(
    readFileSync(report, "utf8"),
  );
  // A file that could not be loaded, or whose hooks failed, has no failed test.
  const files = testResults.filter(({ status, assertionResults }) => {
    return status === "failed" && !assertionResults.some((result) => result.status === "failed");
  }).length;
  const failed = numFailedTests + files;
  return {
    passed: numPassedTests,
    // Unhandled errors fail a run without failing a test.
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    skipped: numPendingTests + numTodoTests,
  };
}

/** Processes, containers and files; false when tests left something behind, which is theirs to remove. */
async function tidyUp() {
  let clean = true;
  try {
    for (const name of readdirSync(temporary)) {
      if (!name.startsWith("pgaddon-home-")) continue;
      await sweepHome(join(temporary, name), {
        ...process.env,
        DOCKER_HOST: engine?.host ?? process.env.DOCKER_HOST,
      });
      clean = false;
      say(`A test left its home behind: ${name}`);
    }
    const left = (await engine?.stop()) ?? [];
    if (left.length > 0) {
      clean = false;
      say(`Tests left behind (removed now): ${left.join(", ")}`);
    }
  } catch (error) {
    console.error(error);
    clean = false;
  }
  rmSync(temporary, { recursive: true, force: true });
  return clean || interrupted;
}
