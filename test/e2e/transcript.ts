import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { totalmem } from "node:os";
import { join } from "node:path";
import { parse } from "dotenv";
import pg from "pg";
import { beforeAll, expect, test } from "vitest";
import type { EngineName } from "../../src/engines/engine.ts";
import { openEngineOf } from "../contract/instance.ts";
import { cliEnvironment, runProgram } from "../support/cli.ts";
import { makeHome } from "../support/home.ts";
import type { Home } from "../support/home.ts";
import { sql } from "../support/sql.ts";
import { containerOf } from "./docker.ts";
import { waitFor } from "./wait.ts";
import {
  addonOf,
  begin,
  cli,
  done,
  expectSound,
  listeners,
  printed,
  program,
  psql,
  refused,
  stateOf,
  unusedPort,
  urlOf,
} from "./world.ts";

/** One app from its first add-on to its end, as a user types it; the tests go in order. */
export function transcript(engine: EngineName): void {
  let home: Home;
  let url: string;
  /** For the user's own files. */
  let folder: string;
  const app = (...args: string[]): string[] => ["--app", "my-app", ...args];

  beforeAll(async () => {
    home = await makeHome();
    folder = join(home.path, "user");
    mkdirSync(folder);
  });

  test("the page's transcript, byte for byte", async () => {
    const added = await cli(app("addons-add", "postgresql", "1g", "--engine", engine), { home });
    expect(added.stderr).toContain("App my-app has been created");
    expect(added).toMatchObject({
      code: 0,
      stdout: `-----> Addon postgresql has been provisionned
       ID: my-app-3030
       Modified variables: [DATABASE_URL SCALINGO_POSTGRESQL_URL]
       Message from addon provider: Database successfully created
`,
    });
    const variables = await done(home, ...app("env"));
    const { port, password } = addonOf(home, "my-app-3030");
    expect(password).toMatch(/^[A-Za-z0-9_-]{20,}$/);
    expect(variables).toBe(`DATABASE_URL=$SCALINGO_POSTGRESQL_URL
SCALINGO_POSTGRESQL_URL=postgres://my_app_3030:${password}@127.0.0.1:${port}/my_app_3030
`);
    expect(port).toBeGreaterThanOrEqual(31_000);
    url = variables.split("\n")[1]?.slice("SCALINGO_POSTGRESQL_URL=".length) ?? "";
    await sql(url, "CREATE TABLE kept (n int); INSERT INTO kept SELECT generate_series(1, 500)");
    expect(await done(home, ...app("addons"))).toBe(`+------------+-------------+------+
|   ADDON    |     ID      | PLAN |
+------------+-------------+------+
| PostgreSQL | my-app-3030 | 1g   |
+------------+-------------+------+
`);
    expect(await done(home, ...app("addons-upgrade", "my-app-3030", "2g")))
      .toBe(`-----> Addon my-app-3030 has been upgraded
       Message from addon provider: Database plan successfully changed
`);
    expect(await kept()).toBe(500);
  });

  const kept = async (): Promise<unknown> =>
    (await sql(url, "SELECT count(*)::int AS n FROM kept"))[0]?.["n"];
  const setting = async (name: string): Promise<unknown> => (await sql(url, `SHOW ${name}`))[0]?.[name];

  test("psql connects with TLS by default and without when asked", async () => {
    const ask = "SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    expect(await psql(url, ask)).toEqual({ code: 0, stdout: "TLSv1.3\n", stderr: "" });
    expect(await psql(url, ask, { PGSSLMODE: "disable" })).toEqual({ code: 0, stdout: "\n", stderr: "" });
    expect(await psql(url.replace(/:[^:@]+@/, ":wrong@"), ask)).toMatchObject({ code: 2 });
  });

  test("listens on the loopback only", () => {
    // 127.0.0.1 in the kernel's notation.
    expect(listeners(addonOf(home, "my-app-3030").port)).toEqual(["0100007F"]);
  });

  test.each([
    ["2g", 120, "512MB"],
    ["512m", 30, "128MB"],
    ["1g", 60, "256MB"],
  ])("plan %s: settings, limits, URL and data", async (plan, connections, buffers) => {
    if (addonOf(home, "my-app-3030").plan !== plan) await done(home, ...app("addons-upgrade", plan));
    expect(addonOf(home, "my-app-3030")).toMatchObject({ plan, status: "running" });
    expect(await urlOf(home, "my-app-3030")).toBe(url);
    expect(await setting("shared_buffers")).toBe(buffers);
    const total = Number(await setting("max_connections"));
    expect(total - Number(await setting("superuser_reserved_connections"))).toBe(connections);
    if (engine === "docker") {
      const memory = (plan === "512m" ? 512 : Number.parseInt(plan, 10) * 1024) * 1024 ** 2;
      const { HostConfig } = await containerOf(home, "my-app-3030");
      expect(HostConfig).toMatchObject({ Memory: memory, MemorySwap: memory, CpuShares: memory / 1024 ** 2 });
    }
    expect(await kept()).toBe(500);
  });

  test("a plan that cannot work is refused, and nothing changes", async () => {
    const before = readFileSync(join(home.path, "state.json"), "utf8");
    const started = (await sql(url, "SELECT pg_postmaster_start_time() AS at"))[0]?.["at"];
    expect(await refused(home, 1, ...app("addons-upgrade", "1gb"))).toContain("1g");
    expect(await refused(home, 1, ...app("addons-upgrade", "business-1g"))).toContain("cluster");
    expect(await refused(home, 1, ...app("addons-upgrade", "my-app-3033", "1g"))).toContain("my-app-3030");
    if (totalmem() < 64 * 1024 ** 3) {
      expect(await refused(home, 1, ...app("addons-upgrade", "64g"))).toContain("this host has");
    }
    await withConnections(12, async () => {
      expect(await refused(home, 1, ...app("addons-upgrade", "sandbox"))).toContain(
        "12 connections are open",
      );
    });
    await sql(
      url,
      "CREATE UNLOGGED TABLE big (v text); ALTER TABLE big ALTER v SET STORAGE EXTERNAL; INSERT INTO big SELECT repeat('x', 8000) FROM generate_series(1, 34000)",
    );
    expect(await refused(home, 1, ...app("addons-upgrade", "sandbox"))).toMatch(
      /The data takes .* plan sandbox has/,
    );
    await sql(url, "DROP TABLE big");
    expect(readFileSync(join(home.path, "state.json"), "utf8")).toBe(before);
    expect((await sql(url, "SELECT pg_postmaster_start_time() AS at"))[0]?.["at"]).toEqual(started);
  });

  const withConnections = async (
    count: number,
    work: (clients: pg.Client[]) => Promise<void>,
  ): Promise<void> => {
    const clients = Array.from({ length: count }, () => new pg.Client({ connectionString: url }));
    try {
      for (const client of clients) {
        client.on("error", () => undefined);
        await client.connect();
      }
      await work(clients);
    } finally {
      await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
    }
  };

  test("a second add-on has its own variable; DATABASE_URL stays", async () => {
    const added = await done(home, ...app("addons-add", "postgresql", "free", "--engine", engine));
    expect(added).toContain("ID: my-app-3031\n       Modified variables: [SCALINGO_POSTGRESQL_3031_URL]\n");
    const variables = parse(await done(home, ...app("env", "--format", "dotenv")));
    expect(Object.keys(variables).sort()).toEqual([
      "DATABASE_URL",
      "SCALINGO_POSTGRESQL_3031_URL",
      "SCALINGO_POSTGRESQL_URL",
    ]);
    expect(variables["DATABASE_URL"]).toBe(url);
    expect(addonOf(home, "my-app-3031").plan).toBe("sandbox");
    const choices = await refused(home, 1, ...app("addons-info"));
    expect(choices).toMatch(/my-app-3030[^]*my-app-3031/);
    expect((await cli(app("env", "--check"), { home })).stdout).toMatch(
      /^(?:\w+: ok, PostgreSQL \S+, TLSv1\.3\n){3}$/,
    );
  });

  test("the app's role gets exactly the plan's connections; the superuser still gets in", async () => {
    const first = url;
    url = await urlOf(home, "my-app-3031");
    try {
      await withConnections(10, async () => {
        await expect(sql(url, "SELECT 1")).rejects.toMatchObject({ code: "53300" });
        const { addon } = JSON.parse(
          await done(home, ...app("addons-info", "my-app-3031", "--format", "json")),
        );
        expect(addon).toMatchObject({
          connections: 10,
          limits: { connections: 10 },
          nodes: [{ role: "primary", status: "running" }],
        });
      });
    } finally {
      url = first;
    }
  });

  test("the app's role owns its database, is nobody else's and no superuser", async () => {
    const [role] = await sql(
      url,
      "SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls FROM pg_roles WHERE rolname = current_user",
    );
    expect(Object.values(role ?? {})).toEqual([false, false, false, false, false]);
    // The page: CREATE ON SCHEMA public, ALL ON DATABASE, ALL ON ALL TABLES and SEQUENCES, now and later.
    await sql(
      url,
      "CREATE TABLE granted (id serial PRIMARY KEY); CREATE SCHEMA other; CREATE TABLE other.t (n int); CREATE TEMP TABLE temporary (n int); CREATE EXTENSION IF NOT EXISTS pgcrypto",
    );
    const [rights] = await sql(
      url,
      `SELECT bool_and(has_database_privilege(current_database(), p)) AS database FROM unnest(ARRAY['CREATE', 'CONNECT', 'TEMP']) p`,
    );
    expect(rights).toEqual({ database: true });
    const [schema] = await sql(
      url,
      "SELECT has_schema_privilege('public', 'CREATE') AS made, has_schema_privilege('public', 'USAGE') AS used",
    );
    expect(schema).toEqual({ made: true, used: true });
    const [table] = await sql(
      url,
      "SELECT bool_and(has_table_privilege('granted', p)) AS ok FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) p",
    );
    expect(table).toEqual({ ok: true });
    const [sequence] = await sql(
      url,
      "SELECT bool_and(has_sequence_privilege('granted_id_seq', p)) AS ok FROM unnest(ARRAY['USAGE', 'SELECT', 'UPDATE']) p",
    );
    expect(sequence).toEqual({ ok: true });
    await expect(sql(url, "COPY granted TO PROGRAM 'true'")).rejects.toMatchObject({ code: "42501" });
    await expect(sql(url, "SELECT pg_read_file('/etc/passwd')")).rejects.toMatchObject({ code: "42501" });
    for (const database of ["postgres", "template1", "template0", "my_app_3031"]) {
      await expect(sql(url.replace(/[^/]+$/, database), "SELECT 1")).rejects.toMatchObject({ code: "28000" });
    }
    for (const database of ["postgres", "my_app_3030"]) {
      const superuser = url.replace("//my_app_3030:", "//postgres:").replace(/[^/]+$/, database);
      await expect(sql(superuser, "SELECT 1")).rejects.toMatchObject({ code: "28000" });
    }
  });

  const console3030 = (...args: string[]): string[] =>
    app("--addon", "my-app-3030", "pgsql-console", ...args);

  test("pgsql-console: -c, -f, standard input, exit codes", async () => {
    const file = join(folder, "script.sql");
    writeFileSync(file, "SELECT 'from a file';\nSELECT nothing;\nSELECT 'after';\n");
    const one = await cli(console3030("-c", "SELECT current_user", "--", "-A", "-t"), { home });
    expect(one).toEqual({ code: 0, stdout: "my_app_3030\n", stderr: "" });
    expect(await cli(console3030("-c", "SELECT nothing"), { home })).toMatchObject({ code: 1, stdout: "" });
    const piped = await cli(console3030("--", "-A", "-t"), { home, input: "SELECT 1;\nSELECT 2;\n" });
    expect(piped).toEqual({ code: 0, stdout: "1\n2\n", stderr: "" });
    const lax = await cli(console3030("-f", file, "--", "-A", "-t"), { home });
    expect(lax).toMatchObject({ code: 0, stdout: "from a file\nafter\n" });
    const strict = await cli(console3030("-f", file, "--", "-A", "-t", "-v", "ON_ERROR_STOP=1"), { home });
    expect(strict).toMatchObject({
      code: 3,
      stdout: "from a file\n",
      stderr: expect.stringContaining('"nothing"'),
    });
    const dash = await cli(app("--addon", "my-app-3030", "psql-console", "-f", "-", "--", "-A", "-t"), {
      home,
      input: "SELECT 5;",
    });
    expect(dash).toEqual({ code: 0, stdout: "5\n", stderr: "" });
    expect(await refused(home, 1, ...console3030("-f", join(folder, "none.sql")))).toContain("none.sql");
  });

  test("pgsql-console in a terminal: psql's prompt, and its exit code", async () => {
    const line = [process.execPath, program, ...console3030()].join(" ");
    const result = await runProgram("script", ["-q", "-e", "-c", line, "/dev/null"], {
      env: cliEnvironment(home, { TERM: "xterm", PSQL_PAGER: "cat" }),
      input: "SELECT 6 * 7 AS answer;\n\\q\n",
      timeoutMs: 60_000,
    });
    expect(result.stdout).toContain("my_app_3030=>");
    expect(result.stdout).toMatch(/answer[^]*42[^]*\(1 row\)/);
    expect(result.code).toBe(0);
  });

  test("db-tunnel: the address alone on stdout, the next port when busy, over a restart", async () => {
    const port = await unusedPort();
    const busy = createServer().listen(port, "127.0.0.1");
    await once(busy, "listening");
    const tunnel = begin(home, app("db-tunnel", "DATABASE_URL", "--port", String(port)));
    try {
      const [, address = ""] = await printed(tunnel, /^(127\.0\.0\.1:\d+)\n/);
      expect(Number(address.split(":")[1])).toBeGreaterThan(port);
      const through = url.replace(/@[^/]+/, `@${address}`);
      expect(await psql(through, "SELECT count(*) FROM kept")).toEqual({
        code: 0,
        stdout: "500\n",
        stderr: "",
      });
      expect(await done(home, ...app("restart", "--addon", "my-app-3030"))).toContain("has been restarted");
      expect(await psql(through, "SELECT count(*) FROM kept")).toEqual({
        code: 0,
        stdout: "500\n",
        stderr: "",
      });
      tunnel.child.kill("SIGINT");
      expect(await tunnel.ended).toEqual({ code: 130, signal: null });
      expect(tunnel.stdout()).toBe(`${address}\n`);
    } finally {
      tunnel.child.kill("SIGKILL");
      busy.close();
    }
  });

  test("logs: the last lines, and new ones until Ctrl-C", async () => {
    await expect(sql(url, "SELECT 'a mistake'::int")).rejects.toThrow("a mistake");
    await waitFor("the mistake in the log", async () =>
      (await done(home, ...app("logs", "--addon", "my-app-3030", "--lines", "5"))).includes(
        'ERROR:  invalid input syntax for type integer: "a mistake"',
      ),
    );
    const follow = begin(home, app("logs", "--addon", "my-app-3030", "-n", "1", "-f"));
    try {
      await printed(follow, /\n/);
      await expect(sql(url, "SELECT 'another one'::int")).rejects.toThrow("another one");
      await printed(follow, /another one/);
      follow.child.kill("SIGINT");
      expect(await follow.ended).toEqual({ code: 130, signal: null });
    } finally {
      follow.child.kill("SIGKILL");
    }
  });

  test("run: the variables, the exit code, signals both ways", async () => {
    const given = await cli(app("run", "--", "sh", "-c", 'printf %s "$DATABASE_URL"; exit 7'), { home });
    expect(given).toEqual({ code: 7, stdout: url, stderr: "" });
    expect((await cli(app("run", "--", "sh", "-c", "kill -TERM $$"), { home })).code).toBe(143);
    expect((await cli(app("run", "--", "no-such-program-here"), { home })).code).toBe(127);
    const script = "trap 'echo caught; exit 9' TERM; echo ready; while :; do sleep 0.1; done";
    const running = begin(home, app("run", "--", "sh", "-c", script));
    try {
      await printed(running, /ready/);
      running.child.kill("SIGTERM");
      expect(await running.ended).toEqual({ code: 9, signal: null });
      expect(running.stdout()).toBe("ready\ncaught\n");
    } finally {
      running.child.kill("SIGKILL");
    }
  });

  test("an env file is kept in step, and only between its marks", async () => {
    const file = join(folder, "app.env");
    writeFileSync(file, "MINE=1\n", { mode: 0o600 });
    await done(home, ...app("env", "--env-file", file));
    const now = (): Record<string, string> => parse(readFileSync(file, "utf8"));
    expect(now()).toMatchObject({ MINE: "1", DATABASE_URL: url, SCALINGO_POSTGRESQL_URL: url });
    await done(home, ...app("env-set", "COLOUR=it's blue"));
    expect(now()).toMatchObject({ MINE: "1", COLOUR: "it's blue" });
    await done(home, ...app("env-unset", "COLOUR"));
    expect(now()).not.toHaveProperty("COLOUR");
    await done(home, ...app("addons-remove", "my-app-3031", "--confirm", "my-app-3031", "--purge"));
    expect(Object.keys(now()).sort()).toEqual(["DATABASE_URL", "MINE", "SCALINGO_POSTGRESQL_URL"]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(stateOf(home).addons).not.toHaveProperty("my-app-3031");
    await expectSound(home, [engine]);
  });

  test("stopped it stays stopped, and env --check says so", async () => {
    expect((await cli(app("env", "--check"), { home })).code).toBe(0);
    await done(home, ...app("addons-stop"));
    const check = await cli(app("env", "--check"), { home });
    expect(check.code).toBe(1);
    expect(check.stdout).toMatch(/^DATABASE_URL: FAILED, .+\nSCALINGO_POSTGRESQL_URL: FAILED, .+\n$/);
    expect(await refused(home, 1, ...app("pgsql-console", "-c", "SELECT 1"))).toContain("stopped");
    await done(home, ...app("env"));
    await done(home, ...app("addons"));
    await expectSound(home, [engine]);
    expect(addonOf(home, "my-app-3030").status).toBe("stopped");
    // A change of plan leaves it so.
    await done(home, ...app("addons-upgrade", "512m"));
    expect(addonOf(home, "my-app-3030")).toMatchObject({ status: "stopped", plan: "512m" });
    await expectSound(home, [engine]);
    await done(home, ...app("addons-start"));
    expect(await setting("shared_buffers")).toBe("128MB");
    expect(await kept()).toBe(500);
    await done(home, ...app("restart", "--addon", "my-app-3030"));
    expect((await cli(app("env", "--check"), { home })).code).toBe(0);
  });

  test("removed: out of sight, and back with the same id, URL and data", async () => {
    expect(await refused(home, 1, ...app("addons-remove", "my-app-3030"))).toContain("--confirm my-app-3030");
    expect(
      await refused(home, 1, ...app("addons-remove", "my-app-3030", "--confirm", "my-app-3031")),
    ).toContain("is not");
    expect(await kept()).toBe(500);
    const removed = await cli(app("addons-remove", "my-app-3030"), { home, input: "my-app-3030\n" });
    expect(removed).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^-----> Addon my-app-3030 has been removed\n/),
    });
    expect(removed.stdout).toContain("pgaddon --app my-app addons-restore my-app-3030");
    expect(removed.stderr).not.toContain("irreversible");
    expect(await done(home, ...app("env"))).toBe("");
    await expect(sql(url, "SELECT 1")).rejects.toThrow("ECONNREFUSED");
    expect(await done(home, ...app("addons", "--removed"))).toContain("my-app-3030");
    await expectSound(home, [engine]);
    await done(home, ...app("addons-restore"));
    expect(await urlOf(home, "my-app-3030")).toBe(url);
    expect(await done(home, ...app("env-get", "DATABASE_URL"))).toBe(`${url}\n`);
    expect(await kept()).toBe(500);
  });

  test("destroyed without --purge, an app comes back with its data", async () => {
    await done(home, "destroy", "my-app", "--confirm", "my-app");
    expect(await refused(home, 1, ...app("env"))).toContain("addons-restore");
    expect(await done(home, "apps")).not.toContain("my-app");
    await expectSound(home, [engine]);
    await done(home, ...app("addons-restore"));
    expect(await urlOf(home, "my-app-3030")).toBe(url);
    expect(await kept()).toBe(500);
    await expectSound(home, [engine]);
  });

  test("with --purge nothing is left, and the number is not used again", async () => {
    await done(home, "destroy", "my-app", "--confirm", "my-app", "--purge");
    expect(stateOf(home)).toMatchObject({ apps: {}, addons: {} });
    const opened = await openEngineOf(engine, home);
    expect(await opened.list()).toEqual([]);
    await opened.close?.();
    await expectSound(home, [engine]);
    expect(await refused(home, 1, ...app("addons-restore"))).toContain("not found");
    expect(await done(home, ...app("addons-add", "postgresql", "sandbox", "--engine", engine))).toContain(
      "ID: my-app-3032",
    );
  });
}
