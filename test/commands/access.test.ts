import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, test, vi } from "vitest";
import { InterruptedError } from "../../src/errors.ts";
import { isLent } from "../../src/support/run.ts";
import { listenAnywhere } from "../fakes/net.ts";
import { oneAddon, worldAfter } from "../fakes/world.ts";
import type { Result, World } from "../fakes/world.ts";

const psql =
  "psql --host=/docker/my-app-3030/run --port=5432 --username=my_app_3030 --dbname=my_app_3030 --no-password";

describe("pgsql-console", () => {
  test.each([
    ["pgsql-console", "", `${psql}\n`],
    ["pgsql-console -c 'SELECT 1' -c 'SELECT 2'", "", `${psql} -c SELECT 1 -c SELECT 2\n`],
    ["pgsql-console --command 'SELECT 1'", "", `${psql} -c SELECT 1\n`],
    ["pgsql-console -f -", "SELECT 3;\n", `${psql} -f -\nSELECT 3;\n`],
    ["pgsql-console -- -At -c 'SELECT 1'", "", `${psql} -At -c SELECT 1\n`],
  ])("%s", async (line, stdin, stdout) => {
    const world = await oneAddon();
    expect(await world.run(`--app my-app ${line}`, { stdin })).toMatchObject({ code: 0, stdout, stderr: "" });
  });

  test("-f gives the file's statements, from the folder one is in", async () => {
    const world = await oneAddon();
    writeFileSync(join(world.folder, "x.sql"), "SELECT 4;\n");
    expect((await world.must("--app my-app pgsql-console -f x.sql")).stdout).toBe(
      `${psql} -f -\nSELECT 4;\n`,
    );
    expect(await world.run("--app my-app pgsql-console -f y.sql")).toMatchObject({ code: 1, stdout: "" });
  });

  test("-f takes a file, which is read to its end or ends the tool", async () => {
    const world = await oneAddon();
    expect(await world.run("--app my-app pgsql-console -f .")).toEqual({
      code: 1,
      stdout: "",
      stderr: ` !     ${world.folder} is a folder\n       -f takes one file of statements.\n`,
      screen: expect.any(String),
    });
    // Passes for a file that can be read, and cannot.
    if (process.platform !== "linux") return;
    const { code, stderr } = await world.run("--app my-app pgsql-console -f /proc/self/mem");
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: " !     /proc/self/mem cannot be read: EIO: i/o error, read\n",
    });
  });

  test("its exit code is psql's", async () => {
    expect((await (await oneAddon()).run("--app my-app pgsql-console -c FAIL")).code).toBe(3);
  });

  test("a terminal is handed over only where there is something to type", async () => {
    const world = await oneAddon();
    expect((await world.must("--app my-app pgsql-console", { tty: true })).stdout).toMatch(/^\[tty\] psql/);
    expect((await world.must("--app my-app pgsql-console -c 'SELECT 1'", { tty: true })).stdout).toMatch(
      /^psql/,
    );
    expect((await world.must("--app my-app pgsql-console", { stdin: "SELECT 1;" })).stdout).toMatch(/^psql/);
  });

  test("no password is in what it starts", async () => {
    const world = await oneAddon();
    const { screen } = await world.must("--app my-app pgsql-console -c 'SELECT 1'");
    expect(screen).not.toContain(world.addon("my-app-3030").password);
  });
});

describe("logs", () => {
  async function withLog(): Promise<World> {
    const world = await oneAddon();
    Object.assign(world.docker.instances["my-app-3030"] ?? {}, {
      log: Array.from({ length: 50 }, (_, i) => `line ${i + 1}`),
    });
    return world;
  }

  test.each([
    ["logs", 20],
    ["logs --lines 3", 3],
    ["logs -n 1000", 50],
  ])("%s", async (line, count) => {
    const { stdout } = await (await withLog()).must(`--app my-app ${line}`);
    expect(stdout.trimEnd().split("\n")).toEqual(
      Array.from({ length: count }, (_, i) => `line ${50 - count + i + 1}`),
    );
  });

  test("--follow goes on until Ctrl-C, which is 130", async () => {
    const world = await withLog();
    const stop = new AbortController();
    setImmediate(() => stop.abort(new InterruptedError()));
    const result = await world.run("--app my-app logs -n 1 --follow", { signal: stop.signal });
    expect(result).toMatchObject({ code: 130, stdout: "line 50\n" });
  });

  test("none is said", async () => {
    const world = await oneAddon();
    Object.assign(world.docker.instances["my-app-3030"] ?? {}, { log: [] });
    expect(await world.run("--app my-app logs")).toMatchObject({
      code: 0,
      stdout: "",
      stderr: "-----> There is no log for my-app-3030\n",
    });
  });
});

describe("run", () => {
  /** What the program saw, told by way of a file: its streams are the test's own. */
  async function seen(world: World, script: string, before = ""): Promise<{ result: Result; out: string }> {
    const file = join(world.folder, "out");
    writeFileSync(file, "");
    const result = await world.run(
      ["--app", "my-app", ...before.split(" ").filter(Boolean), "run", "--", "sh", "-c", script],
      {
        env: { OUT: file },
      },
    );
    return { result, out: readFileSync(file, "utf8") };
  }

  test("gives the variables, resolved, on top of the environment", async () => {
    const world = await worldAfter(
      "--app my-app addons-add postgresql 1g",
      "--app my-app env-set A=$B B=x PATHLIKE=y",
    );
    const { result, out } = await seen(
      world,
      'printf "%s|%s|%s" "$DATABASE_URL" "$A" "$PGADDON_HOME" > "$OUT"',
    );
    expect(result).toMatchObject({ code: 0, stdout: "", stderr: "" });
    const { password } = world.addon("my-app-3030");
    expect(out).toBe(`postgres://my_app_3030:${password}@127.0.0.1:31000/my_app_3030|x|${world.home}`);
  });

  test.each([
    ["exit 0", 0],
    ["exit 7", 7],
    ["kill -TERM $$", 143],
    ["kill -KILL $$", 137],
  ])("%s ends it with %i", async (script, code) => {
    expect((await seen(await oneAddon(), script)).result.code).toBe(code);
  });

  test("what follows run is the program's, options included", async () => {
    const world = await worldAfter("create my-app");
    const file = join(world.folder, "out");
    await world.must([
      "--app",
      "my-app",
      "run",
      "sh",
      "-c",
      'printf "%s " "$@" > "$0"',
      file,
      "--app",
      "other",
      "--help",
    ]);
    expect(readFileSync(file, "utf8")).toBe("--app other --help ");
  });

  test("a program that is not there is 127, one that is none 126", async () => {
    const world = await worldAfter("create my-app");
    expect(await world.run("--app my-app run -- no-such-program")).toMatchObject({
      code: 127,
      stdout: "",
      stderr: " !     'no-such-program' was not found or could not be started\n",
    });
    writeFileSync(join(world.folder, "data"), "");
    const data = join(world.folder, "data");
    expect(await world.run(["--app", "my-app", "run", "--", data])).toMatchObject({
      code: 126,
      stderr: ` !     '${data}' could not be started: it is no program, or its permissions forbid it\n`,
    });
  });

  test("127 and 126 of a program's own are its business", async () => {
    for (const code of [126, 127]) {
      expect((await seen(await oneAddon(), `exit ${code}`)).result).toMatchObject({ code, stderr: "" });
    }
  });

  test("while it runs Ctrl-C and SIGTERM are its business", async () => {
    const world = await worldAfter("create my-app");
    expect(isLent("SIGINT")).toBe(false);
    const running = world.run("--app my-app run -- sleep 0.5");
    await vi.waitFor(() => expect([isLent("SIGINT"), isLent("SIGTERM")]).toEqual([true, true]));
    expect((await running).code).toBe(0);
    expect([isLent("SIGINT"), isLent("SIGTERM")]).toEqual([false, false]);
  });
});

describe("env --check", () => {
  /** A psql that tells what it was given and answers by the database's name. */
  function fakePsql(world: World): NodeJS.ProcessEnv {
    const bin = join(world.folder, "..", "bin");
    mkdirSync(bin, { recursive: true });
    writeFileSync(
      join(bin, "psql"),
      `#!/bin/sh
echo "$@" > "${bin}/argv"
case "$PGDATABASE" in
  my_app_3030) echo "PostgreSQL 17.11, TLSv1.3 as $PGUSER@$PGHOST:$PGPORT" ;;
  *) echo "psql: error: connection refused" >&2; exit 2 ;;
esac
`,
    );
    chmodSync(join(bin, "psql"), 0o755);
    return { PATH: `${bin}:/usr/bin:/bin` };
  }

  test("says for each URL whether it answers, exit 1 when one does not", async () => {
    const world = await worldAfter("--app my-app addons-add postgresql 1g", "--app my-app env-set NUMBER=1");
    const env = fakePsql(world);
    const ok = "ok, PostgreSQL 17.11, TLSv1.3 as my_app_3030@127.0.0.1:31000";
    expect(await world.run("--app my-app env --check", { env })).toMatchObject({
      code: 0,
      stdout: `DATABASE_URL: ${ok}\nSCALINGO_POSTGRESQL_URL: ${ok}\n`,
      stderr: "",
    });
    await world.must("--app my-app env-set OTHER=postgresql://u:p%40@db.test/x");
    expect(await world.run("--app my-app env --check", { env })).toMatchObject({
      code: 1,
      stdout: `DATABASE_URL: ${ok}\nOTHER: FAILED, psql: error: connection refused\nSCALINGO_POSTGRESQL_URL: ${ok}\n`,
    });
    const { code, stdout } = await world.run("--app my-app env --check --format json", { env });
    expect(code).toBe(1);
    expect(JSON.parse(stdout).checks).toEqual([
      { name: "DATABASE_URL", ok: true, message: ok.slice(4) },
      { name: "OTHER", ok: false, message: "psql: error: connection refused" },
      { name: "SCALINGO_POSTGRESQL_URL", ok: true, message: ok.slice(4) },
    ]);
  });

  test.each(["postgres://u:%zz@db.test/x", "postgres://u:%00@db.test/x", "postgres://[/x"])(
    "%s fails alone",
    async (url) => {
      const world = await oneAddon();
      await world.must(["--app", "my-app", "env-set", `OTHER=${url}`]);
      const { code, stdout } = await world.run("--app my-app env --check", { env: fakePsql(world) });
      expect(code).toBe(1);
      expect(stdout).toMatch(
        /^DATABASE_URL: ok, .*\nOTHER: FAILED, not a URL\nSCALINGO_POSTGRESQL_URL: ok, /,
      );
    },
  );

  test("the password is in no argument", async () => {
    const world = await oneAddon();
    await world.must("--app my-app env --check", { env: fakePsql(world) });
    expect(readFileSync(join(world.folder, "..", "bin", "argv"), "utf8")).not.toContain(
      world.addon("my-app-3030").password,
    );
  });

  test("without psql here, the instance's own is asked", async () => {
    const world = await oneAddon();
    await world.must("--app my-app env-set OTHER=postgres://elsewhere.test/x");
    const { code, stdout } = await world.run("--app my-app env --check", {
      env: { PATH: join(world.folder, "empty") },
    });
    expect(code).toBe(1);
    expect(stdout).toBe(
      "DATABASE_URL: ok, PostgreSQL 17.11, TLSv1.3\n" +
        "OTHER: FAILED, there is no psql on this machine to check it with\n" +
        "SCALINGO_POSTGRESQL_URL: ok, PostgreSQL 17.11, TLSv1.3\n",
    );
  });

  test("an app without any says so", async () => {
    const world = await worldAfter("create my-app");
    expect(await world.run("--app my-app env --check")).toMatchObject({
      code: 0,
      stdout: "",
      stderr: "-----> my-app has no PostgreSQL URL\n",
    });
  });
});

describe("db-tunnel", () => {
  /** Runs it until `use` is done with its address, then Ctrl-C. */
  async function tunnel(world: World, line: string, use: (port: number) => Promise<void>): Promise<Result> {
    const stop = new AbortController();
    const running = world.run(`--app my-app ${line}`, {
      signal: stop.signal,
      shown: (screen) => watch(screen),
    });
    let done: (port: number) => void = () => undefined;
    const listening = new Promise<number>((resolve) => (done = resolve));
    function watch(screen: string): void {
      const port = /^127\.0\.0\.1:(\d+)$/m.exec(screen)?.[1];
      if (port !== undefined) done(Number(port));
    }
    const port = await Promise.race([
      listening,
      running.then(({ screen }) => Promise.reject(new Error(screen))),
    ]);
    try {
      await use(port);
    } finally {
      stop.abort(new InterruptedError());
    }
    return running;
  }

  /** A port that nobody has right now, with free ones after it more likely than not. */
  async function somePort(): Promise<number> {
    const server = createServer();
    const port = await listenAnywhere(server);
    server.close();
    await once(server, "close");
    return port;
  }

  test.each([
    "db-tunnel",
    "db-tunnel DATABASE_URL",
    "db-tunnel SCALINGO_POSTGRESQL_URL",
    "db-tunnel --addon my-app-3030",
  ])("%s: only the address on stdout, bytes go both ways, Ctrl-C is 130", async (line) => {
    const world = await oneAddon();
    const wanted = await somePort();
    const result = await tunnel(world, `${line} --port ${wanted}`, async (port) => {
      const client = connect(port, "127.0.0.1");
      client.end("hello");
      expect(await text(client)).toBe("hello");
    });
    expect(result.code).toBe(130);
    expect(result.stdout).toMatch(/^127\.0\.0\.1:\d+\n$/);
    expect(result.stderr).toContain(
      "-----> Building tunnel to my-app-3030\n-----> You can access your database on:\n",
    );
    expect(result.stderr).toContain("-----> Connected [1]\n");
    expect(result.stderr).toContain("-----> End of connection [1]\n");
  });

  test("the next port when it is busy", async () => {
    const world = await oneAddon();
    const busy = createServer();
    const port = await listenAnywhere(busy);
    try {
      const result = await tunnel(world, `db-tunnel --port ${port}`, async (got) =>
        expect(got).toBeGreaterThan(port),
      );
      expect(result.code).toBe(130);
    } finally {
      busy.close();
    }
  });

  test("a restart of the database ends connections, not the tunnel", async () => {
    const world = await oneAddon();
    const result = await tunnel(world, `db-tunnel --port ${await somePort()}`, async (port) => {
      await world.must("--app my-app addons-stop");
      const refused = connect(port, "127.0.0.1");
      expect(await text(refused)).toBe("");
      await world.must("--app my-app addons-start");
      const client = connect(port, "127.0.0.1");
      client.end("again");
      expect(await text(client)).toBe("again");
    });
    expect(result.stderr).toContain("-----> The database does not answer: my-app-3030 is not running [1]\n");
    expect(result.stderr).toContain("-----> Connected [2]\n");
  });

  test("a variable that points elsewhere, or nowhere, is refused", async () => {
    const world = await worldAfter(
      "--app my-app addons-add postgresql 1g",
      "--app my-app env-set OTHER=postgres://x.test/y N=1",
    );
    for (const [variable, why] of [
      ["OTHER", "OTHER does not point to an addon of my-app"],
      ["N", "N does not point to an addon of my-app"],
      ["NOPE", "no such environment variable: NOPE"],
      ["postgres://x.test/y", "postgres://x.test/y does not point to an addon of my-app"],
    ]) {
      expect(await world.run(`--app my-app db-tunnel ${variable}`)).toMatchObject({
        code: 1,
        stdout: "",
        stderr: ` !     ${why}\n`,
      });
    }
  });
});
