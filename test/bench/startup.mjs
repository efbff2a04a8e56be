// CPU time of the commands that only read, against a Node that does nothing.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cpuMeter } from "./cpu.mjs";
import { figure, interleaved } from "./figures.mjs";

const CLI = "bin/pgaddon.js";

export async function startup({ rounds, env, folder, signal }) {
  const homes = {
    one: makeHome(folder, "one", [["my-app", 1]]),
    spread: makeHome(folder, "spread", [
      ["my-app", 2],
      ...Array.from({ length: 499 }, (_, at) => [`app-${at}`, 2]),
    ]),
    together: makeHome(folder, "together", [["my-app", 1000]]),
  };
  const cli = (home, ...args) => ({ argv: [process.execPath, CLI, ...args], home: homes[home] });
  const contenders = {
    node: { argv: [process.execPath, "-e", "0"], home: homes.one },
    "--version": cli("one", "--version"),
    env: cli("one", "--app", "my-app", "env"),
    addons: cli("one", "--app", "my-app", "addons"),
    "addons-plans postgresql": cli("one", "addons-plans", "postgresql"),
    "--help": cli("one", "--help"),
    "env, spread": cli("spread", "--app", "my-app", "env"),
    "env, together": cli("together", "--app", "my-app", "env"),
    "addons, spread": cli("spread", "--app", "my-app", "addons"),
    "addons, together": cli("together", "--app", "my-app", "addons"),
  };
  const meter = await cpuMeter();
  try {
    const measure = async (name) => {
      const { argv, home } = contenders[name];
      const { ms, size } = await meter.measure(argv, { ...env, PGADDON_HOME: home });
      // A command that prints nothing would be a fast one.
      if (name !== "node" && size < 5) throw new Error(`${name} printed nothing`);
      return ms;
    };
    const names = Object.keys(contenders);
    // The first reads the files into memory.
    for (const name of names) await measure(name);
    const all = await interleaved(rounds, names, measure, signal);
    const ofNode = (name, ...bounds) => figure(name, all[name], all.node, ...bounds);
    const ofOne = (name, text) => figure(text, all[name], all[name.split(",")[0]], 1.5);
    return {
      method: [
        `CPU time: ${meter.how}; ratio to \`node -e 0\` of the same round.`,
        "1,000 add-ons: ratio to the same command with one add-on in the store.",
      ],
      figures: [
        ofNode("env", 1.8),
        ofNode("--version", 1.8),
        ofNode("addons", 2.4, 2),
        ofNode("addons-plans postgresql", 2.4, 2),
        ofNode("--help", 2.4, 2),
        ofOne("env, spread", "env, 1,000 add-ons in 500 apps"),
        ofOne("env, together", "env, 1,000 add-ons in this app"),
        ofOne("addons, spread", "addons, 1,000 add-ons in 500 apps"),
        ofOne("addons, together", "addons, 1,000 add-ons in this app"),
      ],
    };
  } finally {
    meter.close();
  }
}

/** A home whose store has these apps, each with so many add-ons on Docker. */
function makeHome(folder, name, apps) {
  const home = join(folder, `startup-${name}`);
  const created_at = "2026-01-01T00:00:00.000Z";
  const state = { version: 1, home_id: "0123456789abcdef", next_number: 3030, apps: {}, addons: {} };
  for (const [app, count] of apps) {
    state.apps[app] = {
      name: app,
      created_at,
      removed_at: null,
      variables: { DATABASE_URL: "$SCALINGO_POSTGRESQL_URL" },
      network: `pgaddon-${app}`,
      links: [],
      env_files: [],
    };
    for (let at = 0; at < count; at += 1) {
      const number = state.next_number;
      state.next_number += 1;
      const id = `${app}-${number}`;
      const role = id.replaceAll("-", "_");
      state.addons[id] = {
        id,
        uuid: `ad-00000000-0000-4000-8000-${String(number).padStart(12, "0")}`,
        app,
        type: "postgresql",
        plan: "1g",
        engine: "docker",
        runtime: "pgaddon/postgresql:17-0123456789ab",
        status: "running",
        version: "17.11",
        host: "127.0.0.1",
        port: 31_000 + number - 3030,
        database: role,
        user: role,
        password: "abcdefghijklmnopqrstuvwxyz012345",
        variable: at === 0 ? "SCALINGO_POSTGRESQL_URL" : `SCALINGO_POSTGRESQL_${number}_URL`,
        nodes: [{ name: id, instance: id, role: "primary" }],
        created_at,
        removed_at: null,
        purge_at: null,
        alias: null,
        operation: null,
        client_tools: true,
      };
    }
  }
  mkdirSync(home, { mode: 0o700 });
  writeFileSync(join(home, "state.json"), JSON.stringify(state, undefined, "\t"), { mode: 0o600 });
  writeFileSync(join(home, "home-id"), `${state.home_id}\n`, { mode: 0o600 });
  return home;
}
