import { limitsOf, primaryOf } from "../../src/addons/instance.ts";
import { planOf } from "../../src/addons/plans.ts";
import { connectDocker } from "../../src/engines/docker.ts";
import { randomBytes } from "node:crypto";
import type { Engine, EngineName, InstanceFile, InstanceSpec, Runtime } from "../../src/engines/engine.ts";
import { openLocal } from "../../src/engines/local.ts";
import { whyNotAnswering } from "../../src/postgresql/client.ts";
import { recordFile, settingsFiles, tlsFiles } from "../../src/postgresql/instance-files.ts";
import { initSql } from "../../src/postgresql/roles.ts";
import { superuserQuery } from "../../src/postgresql/superuser.ts";
import { newAuthority, newServerCertificate } from "../../src/postgresql/tls.ts";
import { openStore } from "../../src/state/store.ts";
import type { Addon } from "../../src/state/types.ts";
import { waitFor } from "../e2e/wait.ts";
import { cliEnvironment } from "../support/cli.ts";
import type { Home } from "../support/home.ts";

/** The engine of a home, as the program opens it. */
export async function openEngineOf(name: EngineName, home: Home, homeId?: string): Promise<Engine> {
  const id = homeId ?? (await openStore(home.path).identity());
  const env = cliEnvironment(home);
  return name === "docker"
    ? connectDocker({ homeId: id, env, timeoutMs: 10_000 })
    : openLocal({ homeId: id, home: home.path, env });
}

/** A server to try an engine with, made of the same files as an add-on's. */
export interface Trial {
  name: string;
  url: string;
  addon: Addon;
  ca: string;
  spec(change?: Partial<InstanceSpec>): InstanceSpec;
  settings(): InstanceFile[];
  /** Waits until the app's role gets an answer over TLS. */
  answers(): Promise<void>;
  /** As the superuser, beside the server. */
  query(sql: string): Promise<string[][]>;
}

let nextPort = 20_000 + (process.pid % 90) * 100;

export async function freePort(engine: Engine): Promise<number> {
  for (;;) {
    nextPort += 1;
    if (await engine.portFree(nextPort)) return nextPort;
  }
}

export async function newTrial(engine: Engine, runtime: Runtime, name: string): Promise<Trial> {
  const port = await freePort(engine);
  const password = randomBytes(24).toString("base64url");
  const addon: Addon = {
    ...{
      id: name,
      uuid: `ad-${name}`,
      app: "trial",
      type: "postgresql",
      plan: "sandbox",
      engine: engine.name,
    },
    ...{ runtime: runtime.id, status: "running", version: runtime.version, host: "127.0.0.1", port },
    ...{ database: "trial_db", user: "trial_user", password, variable: "SCALINGO_POSTGRESQL_URL" },
    ...{
      created_at: "2026-01-01T00:00:00.000Z",
      removed_at: null,
      purge_at: null,
      alias: null,
      operation: null,
      client_tools: true,
    },
    nodes: [{ name, instance: name, role: "primary" }],
  };
  const plan = planOf(addon.plan);
  const now = new Date();
  const authority = await newAuthority(name, now);
  const server = await newServerCertificate(authority, ["127.0.0.1", "localhost"], now);
  const placement = engine.placement(name, runtime.id, port);
  const settings = (): InstanceFile[] => settingsFiles(addon, plan, placement);
  return {
    name,
    url: `postgres://trial_user:${password}@127.0.0.1:${port}/trial_db`,
    addon,
    ca: authority.certificate,
    settings,
    spec: (change = {}) => ({
      ...{ name: primaryOf(addon), app: "trial", addon: name, role: "primary", runtime: runtime.id },
      ...{ host: "127.0.0.1", port, limits: limitsOf(plan), network: null, aliases: [name] },
      files: [
        ...settings(),
        ...tlsFiles(authority, server),
        recordFile(addon, plan, authority),
        { path: "init.sql", mode: 0o600, content: initSql(addon.user, addon.database, password) },
      ],
      ...change,
    }),
    async answers() {
      let last: unknown;
      await waitFor(`${name} to answer`, async () => {
        last = await whyNotAnswering(addon, authority.certificate);
        return last === undefined;
      }).catch((error: unknown) => {
        throw new Error(`${name} does not answer: ${JSON.stringify(last)}`, { cause: error });
      });
    },
    query: (sql) => superuserQuery(engine, name, placement, "trial_db", sql),
  };
}
