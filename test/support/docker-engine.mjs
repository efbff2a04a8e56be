// A Docker engine for the tests alone, beside whatever else runs on the machine; needs root and Debian's packages.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  closeSync,
  createReadStream,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { makeBase, which } from "./debian.mjs";
import { dockerApi } from "./docker-api.mjs";
import { alive, gone, processes, send } from "./processes.mjs";

const BASE = { name: "debian", tag: "trixie-slim", suite: "trixie" };
const START_MS = 30_000;

/** What is kept between runs: images, the base's tarball. Outside the repository and of this user alone. */
export const cache = process.env.PGADDON_TEST_CACHE || `/var/tmp/pgaddon-test-${process.getuid?.() ?? 0}`;
const socket = join(cache, "docker.sock");
// Two caches, two engines, which may run at the same time.
const suffix = createHash("sha256").update(realFolder(cache)).digest("hex").slice(0, 6);
const BRIDGE = `pgtest-${suffix}`;
const CHAIN = `PGADDON-TEST-${suffix}`;
const tarball = join(cache, `${BASE.tag}.tar`);

/** Programs without which no engine can be started here, and the package of each. */
export function enginePackages() {
  const needed = { dockerd: "docker.io", iptables: "iptables", ip: "iproute2" };
  if (!existsSync(tarball) && !existsSync(join(cache, "root"))) needed.mmdebstrap = "mmdebstrap";
  const missing = Object.entries(needed).flatMap(([program, name]) =>
    which(program) === undefined ? [name] : [],
  );
  // Only what is missing: the keys come along with what will need them.
  if (missing.includes("docker.io") && !existsSync("/etc/ssl/certs/ca-certificates.crt"))
    missing.push("ca-certificates");
  if (missing.includes("mmdebstrap") && !existsSync("/usr/share/keyrings/debian-archive-keyring.gpg")) {
    missing.push("debian-archive-keyring");
  }
  return missing;
}

/** Start it; `stop` ends it and says what the tests left in it. */
export async function startEngine(say) {
  mkdirSync(cache, { recursive: true, mode: 0o700 });
  const { uid, mode } = statSync(cache);
  if (uid !== process.getuid() || (mode & 0o022) !== 0)
    throw new Error(`${cache} is not a private folder of this user`);
  await takeLock(say);
  await endLeftovers();
  const network = freeNetwork();
  const daemon = launch(network);
  const api = dockerApi(`unix://${socket}`);
  const stop = async () => {
    await endDaemon();
    removeNetworkSetup();
    rmSync(join(cache, "lock"), { force: true });
  };
  try {
    const deadline = Date.now() + START_MS;
    while (!(await api.ping())) {
      if (daemon.exitCode !== null || Date.now() > deadline)
        throw new Error(`dockerd did not start:\n${lastLog()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    // Of a run that was killed.
    await api.removeObjects(await api.objects());
    await ensureBase(api, say);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    host: `unix://${socket}`,
    env: { PGADDON_BUILD_NETWORK: "host" },
    async stop() {
      const left = [];
      if (await api.ping()) {
        const objects = await api.objects();
        for (const [kind, list] of Object.entries(objects))
          left.push(...list.map(({ name }) => `${kind.slice(0, -1)} ${name}`));
        await api.removeObjects(objects);
        await pruneImages(api);
      }
      await stop();
      return left;
    },
  };
}

/** One run at a time has the engine; another waits. */
async function takeLock(say) {
  const file = join(cache, "lock");
  let said = false;
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: "wx" });
      return;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    const pid = Number(existsSync(file) ? readFileSync(file, "utf8") : 0);
    if (
      !alive(pid) ||
      !processes(({ commandLine }) => commandLine.some((part) => part.endsWith("run.mjs"))).includes(pid)
    ) {
      rmSync(file, { force: true });
      continue;
    }
    if (!said) say(`Waiting for another test run (process ${pid}) to let go of the test engine`);
    said = true;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

/**
 * The rules of Docker itself would push out those of another engine on this machine (both use the same chains), so it is
 * told to make none, and those that the tests need are made here, in a chain of our own.
 */
function launch({ prefix }) {
  removeNetworkSetup();
  // A daemon that remembers a default network and has an address pool deletes docker0, whosever it is.
  rmSync(join(cache, "root", "network"), { recursive: true, force: true });
  ip("link", "add", BRIDGE, "type", "bridge");
  ip("address", "add", `${prefix}.0.1/24`, "dev", BRIDGE);
  ip("link", "set", BRIDGE, "up");
  const all = `${prefix}.0.0/16`;
  iptables("-N", CHAIN);
  // Inside one network, but not from one to another. Some kernels cannot tell the two apart: then all may.
  const bridged = spawnSync("iptables", [
    "-w",
    "-A",
    CHAIN,
    ..."-m physdev --physdev-is-bridged -j ACCEPT".split(" "),
  ]);
  iptables("-A", CHAIN, "-s", all, "-d", all, "-j", bridged.status === 0 ? "DROP" : "ACCEPT");
  iptables("-A", CHAIN, "-s", all, "-j", "ACCEPT");
  iptables("-A", CHAIN, "-d", all, "-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED", "-j", "ACCEPT");
  iptables("-I", "FORWARD", "1", "-j", CHAIN);
  iptables("-t", "nat", "-N", CHAIN);
  iptables("-t", "nat", "-A", CHAIN, "-s", all, "!", "-d", all, "-j", "MASQUERADE");
  iptables("-t", "nat", "-I", "POSTROUTING", "1", "-j", CHAIN);

  const log = openSync(join(cache, "dockerd.log"), "w");
  const options = [
    ["--data-root", join(cache, "root")],
    ["--exec-root", join(cache, "exec")],
    ["--pidfile", join(cache, "docker.pid")],
    ["--host", `unix://${socket}`],
    ["--bridge", BRIDGE],
    ["--default-address-pool", `base=${prefix}.128.0/17,size=24`],
    ["--iptables=false"],
    ["--ip6tables=false"],
    ["--config-file", join(cache, "daemon.json")],
  ];
  writeFileSync(join(cache, "daemon.json"), "{}\n");
  // A group of its own: Ctrl-C is for the tests, which need it until they have tidied up.
  const daemon = spawn(which("dockerd"), options.flat(), { stdio: ["ignore", log, log], detached: true });
  daemon.unref();
  closeSync(log);
  return daemon;
}

/** 10.x.0.0/16 that no route leads to. */
function freeNetwork() {
  const { stdout } = spawnSync("ip", ["-4", "route", "show", "table", "all"], { encoding: "utf8" });
  for (let second = 213; second < 250; second += 1) {
    if (!new RegExp(String.raw`\b10\.${second}\.`).test(stdout)) return { prefix: `10.${second}` };
  }
  throw new Error("There is no free network of the form 10.x.0.0/16 for the test engine");
}

function removeNetworkSetup() {
  const quietly = (...args) => spawnSync("iptables", ["-w", ...args]);
  quietly("-D", "FORWARD", "-j", CHAIN);
  quietly("-F", CHAIN);
  quietly("-X", CHAIN);
  quietly("-t", "nat", "-D", "POSTROUTING", "-j", CHAIN);
  quietly("-t", "nat", "-F", CHAIN);
  quietly("-t", "nat", "-X", CHAIN);
  spawnSync("ip", ["link", "delete", BRIDGE]);
}

/** The daemon, containerd and whatever they started: all have our folder in their command line. */
const daemons = () =>
  processes(
    ({ commandLine }) => commandLine.some((part) => part.includes(`${cache}/`)) && isDocker(commandLine[0]),
  );

function isDocker(program = "") {
  return /(^|\/)(dockerd|containerd|containerd-shim[-\w]*|docker-proxy|runc)$/.test(program);
}

async function endDaemon() {
  const file = join(cache, "docker.pid");
  const pid = existsSync(file) ? Number(readFileSync(file, "utf8")) : 0;
  const list = daemons();
  for (const process of list.includes(pid) ? [pid] : list) send(process, "SIGTERM");
  for (const process of await gone(daemons, 20_000)) send(process, "SIGKILL");
  await gone(daemons, 5000);
}

async function endLeftovers() {
  await endDaemon();
  for (const file of ["docker.pid", "docker.sock"]) rmSync(join(cache, file), { force: true });
  // A daemon that was killed leaves mounts; removing exec below them would fail.
  const mounts = readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "");
  for (const mount of mounts.filter((path) => path.startsWith(`${cache}/`)).toReversed())
    spawnSync("umount", ["-l", mount]);
}

/** From the cache, else from the registry, else made of the distribution's packages. */
async function ensureBase(api, say) {
  const reference = `${BASE.name}:${BASE.tag}`;
  if ((await api.get(`/images/${reference}/json`)) !== undefined) return;
  if (!existsSync(tarball)) {
    say(`Fetching ${reference}`);
    if (await pull(api)) return;
    say(`No registry can be reached: making ${reference} with mmdebstrap`);
    makeBase(BASE.suite, `${tarball}.partial.tar`);
    renameSync(`${tarball}.partial.tar`, tarball);
  }
  const path = `/images/create?fromSrc=-&repo=${BASE.name}&tag=${BASE.tag}`;
  const headers = { "content-type": "application/x-tar" };
  const { text } = await api.call("POST", path, { body: createReadStream(tarball), headers });
  if ((await api.get(`/images/${reference}/json`)) === undefined)
    throw new Error(`Docker did not import ${tarball}: ${text}`);
}

async function pull(api) {
  try {
    await api.call("POST", `/images/create?fromImage=${BASE.name}&tag=${BASE.tag}`, { timeoutMs: 60_000 });
  } catch {
    return false;
  }
  return (await api.get(`/images/${BASE.name}:${BASE.tag}/json`)) !== undefined;
}

/** The cache is not to grow for ever: images of recipes of the past. */
async function pruneImages(api) {
  const prune = (filters) =>
    api.call("POST", `/images/prune?filters=${encodeURIComponent(JSON.stringify(filters))}`);
  await prune({ dangling: ["true"] });
  await prune({ dangling: ["false"], until: ["336h"], label: ["pgaddon.image"] });
}

/** With the machine's root, so that one in a chroot is another. */
function realFolder(path) {
  const { dev, ino } = statSync("/");
  return `${dev}:${ino}:${path}`;
}

function lastLog() {
  return readFileSync(join(cache, "dockerd.log"), "utf8").trim().split("\n").slice(-15).join("\n");
}

function ip(...args) {
  must("ip", args);
}

function iptables(...args) {
  must("iptables", ["-w", ...args]);
}

function must(program, args) {
  const { status, stderr, error } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0)
    throw new Error(`${program} ${args.join(" ")} failed: ${error?.message ?? stderr.trim()}`);
}
