import { describe, expect, test } from "vitest";
import { PLANS } from "../../src/addons/plans.ts";
import type { Placement } from "../../src/engines/engine.ts";
import { RESERVED_CONNECTIONS, pgHba, pgIdent, postgresqlConf } from "../../src/postgresql/settings.ts";

const MB = 1024 ** 2;
const GB = 1024 ** 3;
const placement: Placement = {
  root: "/root",
  bin: "/bin",
  socketDirectory: "/root/run",
  listenAddresses: "*",
  listenPort: 5432,
  osUser: "postgres",
  logFiles: false,
  locale: "C.UTF-8",
};

/** postgresql.conf read as the server reads it: the last one of a name counts, 'it''s' is a string. */
function settingsOf(conf: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const line of conf.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const [, name, value] = /^([a-z_]+) = ('(?:[^']|'')*'|\S+)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new Error(`not a setting: ${line}`);
    found[name] = value.replaceAll(/^'|'$/g, "").replaceAll("''", "'");
  }
  return found;
}

const bytes = (value: string | undefined): number => Number(/^(\d+)kB$/.exec(value ?? "")?.[1]) * 1024;

describe.each(PLANS.map((plan) => [plan.id, plan] as const))("plan %s", (_id, plan) => {
  const conf = settingsOf(postgresqlConf(plan, placement));

  test("every value is within what PostgreSQL 15 and 17 accept", () => {
    const ranges: Record<string, [least: number, most: number]> = {
      // pg_settings.min_val and max_val, in bytes.
      shared_buffers: [128 * 1024, 8 * 1024 ** 4],
      effective_cache_size: [8 * 1024, 16 * 1024 ** 4],
      work_mem: [64 * 1024, 2 * 1024 ** 4],
      maintenance_work_mem: [1 * MB, 2 * 1024 ** 4],
      autovacuum_work_mem: [1 * MB, 2 * 1024 ** 4],
      wal_buffers: [32 * 1024, 2 * GB],
      max_wal_size: [32 * MB, 2 * 1024 ** 5],
      min_wal_size: [32 * MB, 2 * 1024 ** 5],
    };
    for (const [name, [least, most]] of Object.entries(ranges)) {
      expect({ name, fits: bytes(conf[name]) >= least && bytes(conf[name]) <= most }).toEqual({
        name,
        fits: true,
      });
    }
    expect(bytes(conf["min_wal_size"])).toBeLessThanOrEqual(bytes(conf["max_wal_size"]));
  });

  test("the plan's connections are for the app, the reserve comes on top", () => {
    expect(Number(conf["max_connections"])).toBe(plan.connections + 10);
    expect(Number(conf["superuser_reserved_connections"])).toBe(RESERVED_CONNECTIONS);
  });

  test("what is promised fits into the plan's memory", () => {
    const shared = bytes(conf["shared_buffers"]) + bytes(conf["wal_buffers"]);
    expect(shared).toBeLessThanOrEqual(plan.memory * 0.4);
    expect(bytes(conf["effective_cache_size"])).toBeLessThanOrEqual(plan.memory);
    // A quarter of the sessions sorting at once, and vacuum at it.
    const sorting = (bytes(conf["work_mem"]) * plan.connections) / 4;
    const vacuum = bytes(conf["maintenance_work_mem"]) + bytes(conf["autovacuum_work_mem"]);
    expect(shared + sorting + vacuum).toBeLessThanOrEqual(plan.memory * 1.2);
    // Log files are on the plan's disk as well.
    expect(bytes(conf["max_wal_size"])).toBeLessThanOrEqual(plan.disk / 2);
  });

  test("TLS, checks and addresses are as on any other plan", () => {
    expect(conf).toMatchObject({
      ssl: "on",
      ssl_cert_file: "/root/tls/server.crt",
      ssl_key_file: "/root/tls/server.key",
      ssl_min_protocol_version: "TLSv1.2",
      password_encryption: "scram-sha-256",
      data_directory: "/root/pgdata",
      hba_file: "/root/conf/pg_hba.conf",
      listen_addresses: "*",
      port: "5432",
      unix_socket_directories: "/root/run",
      unix_socket_permissions: "0700",
    });
    expect(conf["fsync"] ?? "on").toBe("on");
    expect(conf["full_page_writes"] ?? "on").toBe("on");
    expect(conf["synchronous_commit"] ?? "on").toBe("on");
  });
});

test("a larger plan never gets less of anything", () => {
  const names = [
    "shared_buffers",
    "effective_cache_size",
    "maintenance_work_mem",
    "wal_buffers",
    "max_wal_size",
    "work_mem",
  ];
  for (const planClass of ["starter", "business", "enterprise"]) {
    const rows = PLANS.filter((plan) => plan.class === planClass).map((plan) =>
      settingsOf(postgresqlConf(plan, placement)),
    );
    for (const name of names) {
      const values = rows.map((row) => bytes(row[name]));
      expect({ name, values }).toEqual({ name, values: [...values].sort((a, b) => a - b) });
    }
    const sessions = rows.map((row) => Number(row["max_connections"]));
    expect(sessions).toEqual([...sessions].sort((a, b) => a - b));
  }
});

test("the same plan gives the same file", () => {
  for (const plan of PLANS)
    expect(postgresqlConf(plan, placement)).toBe(postgresqlConf({ ...plan }, { ...placement }));
});

test("where the server writes its own log, it rotates it and keeps it to itself; else it does not", () => {
  const [plan] = PLANS;
  if (plan === undefined) throw new Error("no plans");
  const written = settingsOf(postgresqlConf(plan, { ...placement, logFiles: true }));
  expect(written).toMatchObject({
    logging_collector: "on",
    log_directory: "/root/log",
    log_file_mode: "0600",
  });
  expect(settingsOf(postgresqlConf(plan, placement))["logging_collector"]).toBeUndefined();
});

test("quotes in a path are part of the path", () => {
  const [plan] = PLANS;
  if (plan === undefined) throw new Error("no plans");
  const conf = settingsOf(postgresqlConf(plan, { ...placement, root: "/it's/here" }));
  expect(conf["data_directory"]).toBe("/it's/here/pgdata");
});

describe("who may come in", () => {
  /** pg_hba.conf read as the server reads it: the first line that matches decides. */
  function decide(hba: string, type: "local" | "host", database: string, user: string): string {
    for (const line of hba.split("\n")) {
      const [lineType, databases = "", users = "", ...rest] = line.match(/"(?:[^"]|"")*"|\S+/g) ?? [];
      if (lineType !== type) continue;
      const is = (pattern: string, name: string): boolean =>
        pattern === "all" || pattern.replaceAll(/^"|"$/g, "").replaceAll('""', '"') === name;
      if (is(databases, database) && is(users, user)) return rest.slice(type === "host" ? 1 : 0).join(" ");
    }
    return "reject";
  }

  test.each([
    ["host", "my_app_1", "my_app_1", "scram-sha-256"],
    ["host", "my_app_1", "reader", "scram-sha-256"],
    ["host", "my_app_1", "postgres", "reject"],
    ["host", "postgres", "my_app_1", "reject"],
    ["host", "template1", "my_app_1", "reject"],
    ["host", "postgres", "postgres", "reject"],
    ["host", "replication", "my_app_1", "reject"],
    ["local", "postgres", "postgres", "peer map=pgaddon"],
    ["local", "my_app_1", "my_app_1", "peer map=pgaddon"],
  ] as const)("%s, database %s, role %s: %s", (type, database, user, method) => {
    expect(decide(pgHba("my_app_1"), type, database, user)).toBe(method);
  });

  test("on the socket the server's own user may be these roles, nobody else anything", () => {
    expect(pgIdent("_postgres", ["my_app_1"])).toBe(
      'pgaddon "_postgres" "postgres"\npgaddon "_postgres" "my_app_1"\n',
    );
  });
});
