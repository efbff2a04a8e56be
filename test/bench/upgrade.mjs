// The longest time between two acknowledged writes of one client that connects again: during `addons-upgrade` up and down,
// against a stop and a start of the same container by the API.
import { fork, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import Docker from "dockerode";
import pg from "pg";
import { homeId, sweepHome } from "../support/sweep.mjs";
import { figure } from "./figures.mjs";

const APP = "bench";

export async function upgrade({ rounds, env, folder, signal }) {
  const home = join(folder, "pgaddon-home-upgrade");
  mkdirSync(home, { mode: 0o700 });
  const own = { ...env, PGADDON_HOME: home, PGADDON_ENGINE: "docker", PGADDON_PORTS: "35000-35999" };
  const cli = (...args) => {
    const argv = ["bin/pgaddon.js", "--app", APP, ...args];
    const { status, stdout, stderr } = spawnSync(process.execPath, argv, { env: own, encoding: "utf8" });
    if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}: ${stderr}`);
    return stdout;
  };
  let writer;
  try {
    cli("addons-add", "postgresql", "1g");
    const url = cli("env-get", "DATABASE_URL").trim();
    await query(url, "CREATE TABLE writes (id bigserial PRIMARY KEY, at timestamptz DEFAULT now())");
    const id = `${APP}-3030`;
    const container = new Docker().getContainer(`pgaddon-${id}-${homeId(home).slice(0, 6)}`);
    writer = fork(new URL("./writer.mjs", import.meta.url), [url], { env });
    const gapOf = async (work) => {
      await sleep(500);
      signal.throwIfAborted();
      writer.send("begin");
      await work();
      writer.send("longest");
      const [{ longest }] = await once(writer, "message");
      return longest;
    };
    const contenders = {
      bare: () =>
        gapOf(async () => {
          await container.stop({ t: 300 });
          await container.start();
        }),
      up: () => gapOf(async () => cli("addons-upgrade", id, "2g")),
      down: () => gapOf(async () => cli("addons-upgrade", id, "1g")),
    };
    const orders = [
      ["bare", "up", "down"],
      ["up", "bare", "down"],
      ["up", "down", "bare"],
    ];
    const gaps = { bare: [], up: [], down: [] };
    for (const name of orders[0]) await contenders[name]();
    for (let round = 0; round < rounds; round += 1) {
      for (const name of orders[round % orders.length]) gaps[name].push(await contenders[name]());
    }
    const [written] = await query(url, "SELECT count(*)::int AS rows FROM writes");
    return {
      method: [
        "Longest gap between two acknowledged writes of one client (connect time-out 300 ms, retry after 10 ms, a write every",
        "5 ms); ratio to a stop (SIGINT) and start of the same container through the API, under the same client.",
      ],
      figures: [
        figure("addons-upgrade 1g to 2g", gaps.up, gaps.bare, 1.2),
        figure("addons-upgrade 2g to 1g", gaps.down, gaps.bare, 1.2),
      ],
      notes: [`${written.rows} writes acknowledged or in flight`],
      samples: gaps,
    };
  } finally {
    writer?.kill();
    await sweepHome(home, own);
  }
}

async function query(url, sql) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
