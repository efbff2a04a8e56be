// Wall time of `addons-add` on Docker, the image present: whole processes, from their start to their end, which is when a
// query over TLS has been answered. Against a bare script that makes the same, and against that script with an entrypoint
// that works in two phases, as the usual image's does.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import Docker from "dockerode";
import { dockerApi } from "../support/docker-api.mjs";
import { sweepHome } from "../support/sweep.mjs";
import { watchEvents } from "./events.mjs";
import { figure, interleaved, median } from "./figures.mjs";
import { bundle, instanceFiles } from "./sources.mjs";

const ROOT = "/var/lib/pgaddon";
const PLAN = "1g";
/** As the Docker engine places an instance. */
const PLACEMENT = {
  ...{
    root: ROOT,
    socketDirectory: `${ROOT}/run`,
    listenAddresses: "*",
    listenPort: 5432,
    osUser: "postgres",
  },
  ...{ logFiles: false, locale: "C.UTF-8", bin: "" },
};

/**
 * What the usual image's entrypoint does: initdb with fsync, a setting asked for (it writes pg_hba.conf by it), a temporary
 * server, psql to look for the database and again to make it, stop, the real start. With our flags for initdb, since those are
 * not what differs.
 */
const TWO_PHASES = `
umask 077
cd "$PGADDON_ROOT"
mkdir -p run
PATH="$PGADDON_BIN:$PATH"
initdb -D pgdata --data-checksums --encoding=UTF8 --locale=C.UTF-8 --username=postgres --auth-local=peer --auth-host=scram-sha-256 >/dev/null
postgres -D pgdata -C password_encryption >/dev/null
pg_ctl -D pgdata -o "-c listen_addresses='' -c unix_socket_directories='$PGADDON_ROOT/run'" -w start >/dev/null
psql -XAt -h "$PGADDON_ROOT/run" -U postgres -d postgres -c "SELECT 1 FROM pg_database WHERE datname = 'app'"
psql -Xq -v ON_ERROR_STOP=1 -h "$PGADDON_ROOT/run" -U postgres -d postgres -f init.sql
pg_ctl -D pgdata -m fast -w stop >/dev/null
exec postgres -D pgdata -c config_file="$PGADDON_ROOT/conf/postgresql.conf"`;

export async function provision({ rounds, env, folder, say, signal }) {
  const api = dockerApi(env.DOCKER_HOST);
  say("One provision before, which builds the image where it is missing");
  const { image } = await viaCli("warm-up");
  const filesOf = await instanceFiles(folder);
  const bare = fileURLToPath(new URL("./bare-provision.mjs", import.meta.url));
  const bundled = await bundle(bare, join(folder, "bare-provision-bundled.mjs"));
  const contenders = {
    ours: () => viaCli("ours"),
    bare: () => viaScript(bare),
    "two phases": () => viaScript(bare, ["/bin/sh", "-euc", TWO_PHASES]),
    "bare, bundled": () => viaScript(bundled),
  };
  const events = await watchEvents(new Docker());
  const phases = {};
  let all;
  try {
    const measure = async (name) => {
      const { ms, began, unique } = await contenders[name]();
      (phases[name] ??= []).push(events.phases(unique, began, ms));
      // What the kernel still has to do for the one before is not for the next to pay.
      await sleep(300);
      return ms;
    };
    all = await interleaved(rounds, Object.keys(contenders), measure, signal);
  } finally {
    events.close();
  }
  return {
    method: [
      "Wall time of whole processes; ratio to the other one of the same round. The bare script imports dockerode and pg from",
      "node_modules and gets its files (settings, certificates, SQL) ready-made; ours also makes those, and keeps its journal.",
    ],
    figures: [
      figure("addons-add to bare dockerode script", all.ours, all.bare, 1.25),
      figure("addons-add to two-phase start", all.ours, all["two phases"], 0.8),
      figure("addons-add to bare script bundled as ours is", all.ours, all["bare, bundled"]),
    ],
    notes: [
      `Medians in ms, as Docker's events tell: ${events.names.join(", ")}`,
      ...Object.entries(phases).map(
        ([name, list]) =>
          `  ${name.padEnd(14)}${events.names
            .map((_, at) =>
              median(list.map((each) => each[at]))
                .toFixed(0)
                .padStart(6),
            )
            .join("")}`,
      ),
    ],
    samples: all,
  };

  async function viaCli(name) {
    const unique = `bench-${randomBytes(4).toString("hex")}`;
    const home = join(folder, `pgaddon-home-${name}`);
    mkdirSync(home, { mode: 0o700 });
    const port = await freePort();
    const own = { ...env, PGADDON_HOME: home, PGADDON_ENGINE: "docker", PGADDON_PORTS: `${port}-${port}` };
    try {
      const timing = await run(["bin/pgaddon.js", "--app", unique, "addons-add", "postgresql", PLAN], own);
      const [addon] = Object.values(JSON.parse(readFileSync(join(home, "state.json"), "utf8")).addons);
      return { ...timing, unique, image: addon.runtime };
    } finally {
      await sweepHome(home, own);
    }
  }

  async function viaScript(script, entrypoint) {
    const unique = `bench-${randomBytes(4).toString("hex")}`;
    const name = `pgaddon-${unique}`;
    const role = unique.replaceAll("-", "_");
    const port = await freePort();
    const addon = {
      id: unique,
      app: unique,
      host: "127.0.0.1",
      port,
      database: role,
      user: role,
      password: unique.repeat(2),
      nodes: [],
    };
    const made = await filesOf(addon, PLAN, PLACEMENT);
    const job = {
      ...{
        name,
        network: name,
        image,
        root: ROOT,
        uid: 5432,
        memory: made.memory,
        files: made.files,
        entrypoint,
      },
      ...{ host: addon.host, port, user: role, database: role, password: addon.password, ca: made.ca },
    };
    const file = join(folder, `${name}.json`);
    writeFileSync(file, JSON.stringify(job));
    try {
      return { ...(await run([script, file], env)), unique };
    } finally {
      await api.call("DELETE", `/containers/${name}?force=1`);
      await api.call("DELETE", `/volumes/${name}?force=1`);
      await api.call("DELETE", `/networks/${name}`);
      rmSync(file);
    }
  }
}

/** A Node process from start to end. */
async function run(argv, env) {
  const began = performance.timeOrigin + performance.now();
  const child = spawn(process.execPath, argv, { env, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  child.stdout.on("data", (chunk) => (said += chunk));
  child.stderr.on("data", (chunk) => (said += chunk));
  const { code, ms } = await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (status) =>
      resolve({ code: status, ms: performance.timeOrigin + performance.now() - began }),
    );
  });
  if (code !== 0) throw new Error(`${argv.join(" ")} ended with ${code}: ${said}`);
  return { began, ms };
}

/** A port of 127.0.0.1 that nobody has. */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
