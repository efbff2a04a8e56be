import { fileURLToPath } from "node:url";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { PassThrough, Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AttachIO, Engine, EngineName, InstanceState, Runtime } from "../../src/engines/engine.ts";
import { PortTakenError, UserError } from "../../src/errors.ts";
import { psqlArgv } from "../../src/postgresql/superuser.ts";
import { containerOf, docker, runContainer } from "../e2e/docker.ts";
import { waitFor } from "../e2e/wait.ts";
import type { Home } from "../support/home.ts";
import { makeHome } from "../support/home.ts";
import { sql } from "../support/sql.ts";
import { newTrial, openEngineOf } from "./instance.ts";
import type { Trial } from "./instance.ts";

const repository = fileURLToPath(new URL("../..", import.meta.url));
const MB = 1024 ** 2;

/** What the Engine interface promises; docker.test.ts and local.test.ts run it, each in a worker of its own. */
export function engineContract(engineName: EngineName): void {
  let home: Home;
  let engine: Engine;
  let runtime: Runtime;
  let trial: Trial;

  beforeAll(async () => {
    home = await makeHome();
    engine = await openEngineOf(engineName, home);
    runtime = await engine.prepare(undefined, () => undefined);
    trial = await newTrial(engine, runtime, "trial-1");
  });

  afterAll(async () => {
    await engine.close?.();
  });

  const stopped = (name: string, seconds?: number): Promise<InstanceState> =>
    waitFor(
      `${name} to have stopped, with a reason`,
      async () => {
        const state = await engine.inspect(name);
        return state.status === "stopped" && state.reason !== null ? state : undefined;
      },
      seconds,
    );

  const up = async (made: Trial): Promise<void> => {
    await engine.start(made.name);
    await made.answers();
  };

  /** Remove files below the root, as a user's slip would, while nothing runs. */
  const wipe = async (name: string, glob: string): Promise<void> => {
    if (engineName === "local") {
      const root = engine.placement(name, runtime.id, 1).root;
      const folder = join(root, glob.replace(/\/\*$/, ""));
      if (!glob.endsWith("/*")) rmSync(folder, { recursive: true });
      else for (const entry of readdirSync(folder)) rmSync(join(folder, entry), { recursive: true });
      return;
    }
    const { code, output } = await onVolume(name, ["-c", `rm -rf /var/lib/pgaddon/${glob}`], "/bin/sh");
    expect({ code, output }).toEqual({ code: 0, output: "" });
  };

  /** A container by hand, over the same volume, as `docker run -v` makes it. */
  const onVolume = async (
    name: string,
    command: string[],
    entrypoint?: string,
  ): Promise<{ code: number; output: string }> => {
    const { Config, Mounts } = await containerOf(home, name);
    return runContainer({
      Image: Config.Image,
      Cmd: command,
      Env: ["PGADDON_LOCK_WAIT=1"],
      ...(entrypoint === undefined ? {} : { Entrypoint: [entrypoint] }),
      HostConfig: { Binds: [`${Mounts[0]?.Name}:/var/lib/pgaddon`], NetworkMode: "none" },
    });
  };

  test("says what it is and what it has", async () => {
    const facts = await engine.host();
    expect(facts.memory).toBeGreaterThan(256 * MB);
    expect(facts.cpus).toBeGreaterThanOrEqual(1);
    expect(facts.remote).toBe(false);
    expect(facts.description).not.toBe("");
    expect(await engine.majors()).toContain(runtime.major);
    expect(runtime).toMatchObject({ clientTools: true, version: expect.stringMatching(/^\d+\.\d+$/) });
    expect(await engine.diskFree()).toBeGreaterThan(0);
    expect(["yes", "no", "unknown"]).toContain(await engine.encryptedAtRest());
    expect(engine.enforcement().length).toBeGreaterThan(1);
    expect(engine.links === undefined).toBe(engineName === "local");
  });

  test("refuses a major that cannot be had, naming what there is", async () => {
    await expect(engine.prepare(9, () => undefined)).rejects.toThrow(UserError);
  });

  test("an instance that is not there is a state; to stop and to remove it is no error", async () => {
    expect(await engine.inspect("trial-none")).toEqual({
      ...{ status: "missing", reference: null, data: false, port: null, startedAt: null, reason: null },
    });
    await engine.stop("trial-none", 5);
    await engine.remove("trial-none", { data: false });
    await engine.remove("trial-none", { data: true });
    await engine.endHelpers("trial-none");
    expect(await engine.readFile("trial-none", "addon.json")).toBeUndefined();
    await expect(engine.start("trial-none")).rejects.toThrow(UserError);
    await expect(engine.exec("trial-none", ["true"])).rejects.toThrow(UserError);
    // None of that made anything.
    expect((await engine.list()).filter(({ instance }) => instance === "trial-none")).toEqual([]);
  });

  test("create defines and does not start; again it changes nothing", async () => {
    await engine.create(trial.spec());
    const made = await engine.inspect(trial.name);
    expect(made).toMatchObject({
      ...{ status: "stopped", data: true, port: trial.addon.port, startedAt: null, reason: null },
    });
    await engine.create(trial.spec());
    expect(await engine.inspect(trial.name)).toEqual(made);
  });

  test("start runs the server; again it changes nothing", async () => {
    const before = Date.now();
    await up(trial);
    const state = await engine.inspect(trial.name);
    expect(state).toMatchObject({ status: "running", data: true, port: trial.addon.port, reason: null });
    expect(state.reference).not.toBeNull();
    expect(Date.parse(state.startedAt ?? "")).toBeGreaterThan(before - 5000);
    expect(await engine.portFree(trial.addon.port)).toBe(false);
    await engine.start(trial.name);
    expect(await engine.inspect(trial.name)).toEqual(state);
    await sql(trial.url, "CREATE TABLE kept (n int); INSERT INTO kept SELECT generate_series(1, 1000)");
  });

  test("the cluster is what the design says", async () => {
    const names = [
      "data_checksums",
      "server_encoding",
      "ssl",
      "password_encryption",
      "unix_socket_permissions",
    ];
    const rows = await trial.query(names.map((name) => `SELECT current_setting('${name}');`).join("\n"));
    expect(rows.flat()).toEqual(["on", "UTF8", "on", "scram-sha-256", "0700"]);
    expect(
      await trial.query("SELECT datcollate, datctype FROM pg_database WHERE datname = 'trial_db';"),
    ).toEqual([["C.UTF-8", "C.UTF-8"]]);
  });

  test("exec passes input, output and exit code", async () => {
    const argv = psqlArgv(
      engine.placement(trial.name, runtime.id, trial.addon.port),
      "trial_user",
      "trial_db",
      [...["-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-f", "-"]],
    );
    const long = "x".repeat(300_000);
    const good = await engine.exec(trial.name, argv, `SELECT length('${long}'), 'é', current_user;\n`);
    expect(good).toEqual({ exitCode: 0, stdout: "300000|é|trial_user\n", stderr: "" });
    const bad = await engine.exec(trial.name, argv, "SELECT 1;\nSELECT nothing;\nSELECT 2;\n");
    expect(bad).toMatchObject({ exitCode: 3, stdout: "1\n", stderr: expect.stringContaining('"nothing"') });
    const silent = await engine.exec(trial.name, argv);
    expect(silent).toEqual({ exitCode: 0, stdout: "", stderr: "" });
  });

  const tool = (...args: string[]): string[] =>
    psqlArgv(engine.placement(trial.name, runtime.id, trial.addon.port), "trial_user", "trial_db", [
      "-X",
      ...args,
    ]);

  const streams = (stdin: Readable, signal = new AbortController().signal) => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const io: AttachIO = { stdin, stdout, stderr, tty: false, signal };
    return {
      io,
      async ended(code: Promise<number>) {
        const told = [text(stdout), text(stderr)] as const;
        const exitCode = await code;
        stdout.end();
        stderr.end();
        return { exitCode, stdout: await told[0], stderr: await told[1] };
      },
    };
  };

  test("attach gives a tool the user's streams: end of input, exit code", async () => {
    const one = streams(Readable.from(["SELECT 40 + 2;\n", "SELECT current_user;\n"]));
    expect(await one.ended(engine.attach(trial.name, tool("-A", "-t"), one.io))).toEqual({
      ...{ exitCode: 0, stdout: "42\ntrial_user\n", stderr: "" },
    });
    const failing = streams(Readable.from(["SELECT nothing;\n"]));
    const told = await failing.ended(engine.attach(trial.name, tool("-v", "ON_ERROR_STOP=1"), failing.io));
    expect(told).toMatchObject({ exitCode: 3, stdout: "", stderr: expect.stringContaining('"nothing"') });
  });

  test("attach loses nothing of much output and much input", async () => {
    const out = streams(Readable.from([]));
    let bytes = 0;
    out.io.stdout = new Writable({
      write(chunk: Buffer, _encoding, done) {
        bytes += chunk.length;
        // A slow reader now and then.
        if (bytes % 7 === 0) setImmediate(done);
        else done();
      },
    });
    const lines = 400_000;
    const argv = tool("-A", "-t", "-c", `SELECT repeat('y', 49) FROM generate_series(1, ${lines})`);
    expect(await engine.attach(trial.name, argv, out.io)).toBe(0);
    expect(bytes).toBe(lines * 50);

    function* copied(): Generator<string> {
      yield "CREATE TEMP TABLE t (v text);\nCOPY t FROM stdin;\n";
      for (let at = 0; at < 200; at += 1) yield `${"z".repeat(99)}\n`.repeat(500);
      yield "\\.\nSELECT count(*), sum(length(v)) FROM t;\n";
    }
    const into = streams(Readable.from(copied()));
    expect(await into.ended(engine.attach(trial.name, tool("-q", "-A", "-t"), into.io))).toEqual({
      ...{ exitCode: 0, stdout: "100000|9900000\n", stderr: "" },
    });
  });

  test("attach ends when it is told to, and nothing of it stays", async () => {
    const stop = new AbortController();
    const asleep = streams(new PassThrough(), stop.signal);
    const code = engine.attach(trial.name, tool("-c", "SELECT pg_sleep(600)"), asleep.io);
    await waitFor(
      "the query to run",
      async () =>
        (await trial.query("SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)';")).length >
        0,
    );
    stop.abort();
    expect(await code).not.toBe(0);
    await waitFor("the helper to be gone", async () =>
      (await engine.list()).every(({ kind }) => kind !== "helper"),
    );
  });

  test("endHelpers ends what a crash of ours left, and not the server", async () => {
    const before = await engine.inspect(trial.name);
    if (engineName === "docker") {
      const left = streams(new PassThrough());
      const code = engine.attach(trial.name, tool(), left.io);
      await waitFor("the helper to run", async () =>
        (await engine.list()).some(({ kind, running }) => kind === "helper" && running),
      );
      await engine.endHelpers(trial.name);
      expect(await code).not.toBe(0);
    } else {
      await engine.endHelpers(trial.name);
    }
    expect((await engine.list()).filter(({ kind }) => kind === "helper")).toEqual([]);
    expect(await engine.inspect(trial.name)).toEqual(before);
  });

  test("dial reaches the server's port", async () => {
    const stream = await engine.dial(trial.name, trial.addon.port);
    // SSLRequest; a server with TLS answers S.
    stream.write(Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]));
    const [answer] = await once(stream, "data");
    expect(String(answer)).toBe("S");
    stream.destroy();
  });

  test("files: written and read while it runs", async () => {
    await engine.writeFiles(trial.name, [
      { path: "note.txt", content: "first\n", mode: 0o600 },
      { path: "conf/deeper/ünder.txt", content: "", mode: 0o640 },
    ]);
    await engine.writeFiles(trial.name, [{ path: "note.txt", content: "second\n", mode: 0o600 }]);
    expect(await engine.readFile(trial.name, "note.txt")).toBe("second\n");
    expect(await engine.readFile(trial.name, "conf/deeper/ünder.txt")).toBe("");
    expect(await engine.readFile(trial.name, "absent.txt")).toBeUndefined();
    expect(await engine.readFile(trial.name, "pgdata/absent/PG_VERSION")).toBeUndefined();
    const { root, osUser } = engine.placement(trial.name, runtime.id, trial.addon.port);
    const { stdout } = await engine.exec(trial.name, [
      "/usr/bin/stat",
      "-c",
      "%U %a",
      `${root}/note.txt`,
      `${root}/tls/server.key`,
    ]);
    expect(stdout).toBe(`${osUser} 600\n${osUser} 600\n`);
  });

  test("limits change while it runs", async () => {
    await engine.setLimits(trial.name, { memory: 256 * MB, cpuShares: 256 });
    if (engineName === "docker") {
      const { HostConfig } = await containerOf(home, trial.name);
      expect(HostConfig).toMatchObject({ Memory: 256 * MB, MemorySwap: 256 * MB, CpuShares: 256 });
    } else {
      const known: unknown = JSON.parse((await engine.readFile(trial.name, "instance.json")) ?? "");
      expect(known).toMatchObject({ limits: { memory: 256 * MB, cpuShares: 256 } });
    }
    await trial.answers();
  });

  test("logs: the last lines, then new ones, over a restart too", async () => {
    await expect(sql(trial.url, "SELECT 'marker one'::int")).rejects.toThrow("marker one");
    const quiet = { follow: false, signal: new AbortController().signal };
    await waitFor("the first marker in the log", async () => {
      const seen: string[] = [];
      await engine.logs(trial.name, { ...quiet, lines: 20, write: (line) => seen.push(line) });
      expect(seen.length).toBeLessThanOrEqual(20);
      return seen.some((line) =>
        line.includes('ERROR:  invalid input syntax for type integer: "marker one"'),
      );
    });
    const last: string[] = [];
    await engine.logs(trial.name, { ...quiet, lines: 1, write: (line) => last.push(line) });
    expect(last).toHaveLength(1);
    expect(last[0]).not.toContain("\n");

    const stop = new AbortController();
    const followed: string[] = [];
    const following = engine.logs(trial.name, {
      ...{ lines: 1, follow: true, signal: stop.signal },
      write: (line) => followed.push(line),
    });
    const sees = (marker: string): Promise<boolean> =>
      waitFor(`${marker} in the followed log`, () => followed.some((line) => line.includes(marker)));
    await waitFor("the log to be followed", () => followed.length > 0);
    await expect(sql(trial.url, "SELECT 'marker two'::int")).rejects.toThrow("marker two");
    await sees("marker two");
    await engine.stop(trial.name, 60);
    await up(trial);
    await expect(sql(trial.url, "SELECT 'marker three'::int")).rejects.toThrow("marker three");
    await sees("marker three");
    stop.abort();
    await following;
    expect(
      followed.filter((line) => line.includes('ERROR:  invalid input syntax for type integer: "marker two"')),
    ).toHaveLength(1);
  });

  test("list has what carries this home's label, and nothing of another home", async () => {
    const mine = (await engine.list()).filter(({ instance }) => instance === trial.name);
    const common = { instance: trial.name, app: "trial", addon: trial.name };
    expect(mine).toContainEqual(expect.objectContaining({ ...common, kind: "instance", running: true }));
    expect(mine).toContainEqual(expect.objectContaining({ ...common, kind: "data" }));
    expect(mine).toHaveLength(2);
    const stranger = await openEngineOf(engineName, home, "00112233445566ff");
    expect(await stranger.list()).toEqual([]);
    expect((await stranger.inspect(trial.name)).status).toBe("missing");
    await stranger.close?.();
  });

  test("a second server on the same data refuses to start", async () => {
    const { root, bin } = engine.placement(trial.name, runtime.id, trial.addon.port);
    const before = await engine.inspect(trial.name);
    let second: { code: number; output: string };
    if (engineName === "docker") second = await onVolume(trial.name, []);
    else {
      const { uid, gid } = statSync(root);
      const child = spawn("/bin/sh", [join(repository, "src/postgresql/image/entrypoint.sh")], {
        ...(process.getuid?.() === 0 ? { uid, gid } : {}),
        cwd: "/",
        stdio: ["ignore", "pipe", "pipe"],
        env: {
          PATH: process.env["PATH"],
          PGADDON_ROOT: root,
          PGADDON_BIN: bin,
          PGADDON_LOCALE: "C.UTF-8",
          PGADDON_LOCK_WAIT: "1",
        },
      });
      const [stdout, stderr, [code]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, "close"),
      ]);
      second = { code: Number(code), output: stdout + stderr };
    }
    expect(second.code).toBe(75);
    expect(second.output).toContain("refusing to start a second one");
    expect(await engine.inspect(trial.name)).toEqual(before);
    expect(await sql(trial.url, "SELECT count(*)::int AS n FROM kept")).toEqual([{ n: 1000 }]);
  });

  test("stop is fast with a client connected; again it changes nothing", async () => {
    const client = new pg.Client({ connectionString: trial.url });
    const broken = new Promise<unknown>((resolve) => client.on("error", resolve));
    await client.connect();
    const before = performance.now();
    await engine.stop(trial.name, 60);
    expect(performance.now() - before).toBeLessThan(15_000);
    expect(await broken).toBeInstanceOf(Error);
    const state = await engine.inspect(trial.name);
    expect(state).toMatchObject({
      status: "stopped",
      data: true,
      port: trial.addon.port,
      startedAt: null,
      reason: null,
    });
    await engine.stop(trial.name, 60);
    expect(await engine.inspect(trial.name)).toEqual(state);
    await expect(engine.dial(trial.name, trial.addon.port)).rejects.toThrow(UserError);
    expect((await engine.list()).filter(({ running }) => running)).toEqual([]);
  });

  test("files and disk usage while it is stopped", async () => {
    expect(await engine.readFile(trial.name, "note.txt")).toBe("second\n");
    await engine.writeFiles(trial.name, [{ path: "note.txt", content: "third\n", mode: 0o600 }]);
    expect(await engine.readFile(trial.name, "note.txt")).toBe("third\n");
    expect(await engine.diskUsage(trial.name)).toBeGreaterThan(20 * MB);
    expect(await engine.diskUsage(trial.name)).toBeLessThan(200 * MB);
  });

  test("another program on the port: PortTakenError, and later it starts", async () => {
    const { port } = trial.addon;
    const other = createServer().listen(port, "127.0.0.1");
    await once(other, "listening");
    try {
      expect(await engine.portFree(port)).toBe(false);
      const error: unknown = await engine.start(trial.name).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(PortTakenError);
      expect(error).toMatchObject({ port });
      expect((await engine.inspect(trial.name)).status).toBe("stopped");
    } finally {
      other.close();
      await once(other, "close");
    }
    await up(trial);
    expect(await engine.diskUsage(trial.name)).toBeGreaterThan(20 * MB);
    expect(await sql(trial.url, "SELECT count(*)::int AS n FROM kept")).toEqual([{ n: 1000 }]);
  });

  test("removed without its data: the data is told and read, and a new definition serves it", async () => {
    await engine.stop(trial.name, 60);
    await engine.remove(trial.name, { data: false });
    await engine.remove(trial.name, { data: false });
    expect(await engine.inspect(trial.name)).toMatchObject({
      status: "missing",
      data: true,
      startedAt: null,
    });
    const record: unknown = JSON.parse((await engine.readFile(trial.name, "addon.json")) ?? "");
    expect(record).toMatchObject({ addon: { id: trial.name, password: trial.addon.password } });
    expect(await engine.readFile(trial.name, "absent.txt")).toBeUndefined();
    expect(await engine.diskUsage(trial.name)).toBeGreaterThan(20 * MB);
    const left = await engine.list();
    expect(left.map(({ kind, instance, addon, app }) => ({ kind, instance, addon, app }))).toEqual([
      { kind: "data", instance: trial.name, addon: trial.name, app: "trial" },
    ]);
    await expect(engine.start(trial.name)).rejects.toThrow(UserError);
    await engine.create(trial.spec({ files: trial.settings() }));
    await up(trial);
    expect(await sql(trial.url, "SELECT count(*)::int AS n FROM kept")).toEqual([{ n: 1000 }]);
  });

  test("a server that was killed says so or is back by itself; nothing is lost", async () => {
    const { startedAt, reference } = await engine.inspect(trial.name);
    await sql(trial.url, "INSERT INTO kept VALUES (1001)");
    if (engineName === "local") {
      process.kill(Number(reference?.replace("process ", "")), "SIGKILL");
      const state = await stopped(trial.name);
      expect(state.reason).toContain("killed");
      await up(trial);
    } else {
      process.kill((await containerOf(home, trial.name)).State.Pid, "SIGKILL");
      await waitFor("the engine to start it again", async () => {
        const now = await engine.inspect(trial.name);
        return now.status === "running" && now.startedAt !== startedAt;
      });
      await trial.answers();
    }
    expect(await sql(trial.url, "SELECT count(*)::int AS n FROM kept")).toEqual([{ n: 1001 }]);
  });

  test("a server that cannot start says why, and starts when that is mended", async () => {
    await engine.stop(trial.name, 60);
    const [conf, ...others] = trial.settings();
    if (conf === undefined) throw new Error("no settings");
    await engine.writeFiles(trial.name, [{ ...conf, content: `${conf.content}shared_buffers = nonsense\n` }]);
    await engine.start(trial.name);
    const state = await stopped(trial.name);
    if (engineName === "local") expect(state.reason).toContain("shared_buffers");
    const seen: string[] = [];
    await engine.logs(trial.name, {
      ...{ lines: 20, follow: false, signal: new AbortController().signal },
      write: (line) => seen.push(line),
    });
    if (engineName === "docker") expect(seen.join("\n")).toContain("shared_buffers");
    await engine.stop(trial.name, 60);
    await engine.writeFiles(trial.name, [conf, ...others]);
    await up(trial);
    expect(await sql(trial.url, "SELECT count(*)::int AS n FROM kept")).toEqual([{ n: 1001 }]);
  });

  test.each([
    ["emptied", "pgdata/*"],
    ["gone", "pgdata"],
  ])("data that is %s: no empty database is made in its place", async (_what, glob) => {
    const lost = await newTrial(engine, runtime, `trial-lost-${glob.length}`);
    await engine.create(lost.spec());
    await up(lost);
    await engine.stop(lost.name, 60);
    await wipe(lost.name, glob);
    await engine.start(lost.name);
    const state = await stopped(lost.name);
    expect(state.reason).toMatch(/refusing to make an empty one|78/);
    await engine.stop(lost.name, 60);
    expect(await engine.readFile(lost.name, "pgdata/PG_VERSION")).toBeUndefined();
    expect(await engine.readFile(lost.name, "addon.json")).toContain(lost.addon.password);
    await engine.remove(lost.name, { data: true });
  });

  test("killed while the database is made: the next start makes it anew", async () => {
    const torn = await newTrial(engine, runtime, "trial-torn");
    await engine.create(torn.spec());
    // What an initdb that was ended half-way leaves.
    await engine.writeFiles(torn.name, [{ path: "pgdata.new/PG_VERSION", content: "1\n", mode: 0o600 }]);
    await up(torn);
    expect(await sql(torn.url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    expect(await engine.readFile(torn.name, "init.sql")).toBeUndefined();
    await engine.remove(torn.name, { data: true }).catch(async () => {
      await engine.stop(torn.name, 60);
      await engine.remove(torn.name, { data: true });
    });
    expect(await engine.inspect(torn.name)).toMatchObject({ status: "missing", data: false });
  });

  test("another port for a stopped server: its definition is made anew, the data stays", async () => {
    await engine.stop(trial.name, 60);
    const other = await newTrial(engine, runtime, "trial-other-port");
    const { port } = other.addon;
    const changed = { ...trial.addon, port };
    const conf = trial.settings().map((file) => ({
      ...file,
      content:
        engineName === "local"
          ? file.content.replace(`port = ${trial.addon.port}`, `port = ${port}`)
          : file.content,
    }));
    await engine.create(trial.spec({ port, files: conf }));
    expect(await engine.inspect(trial.name)).toMatchObject({ status: "stopped", port });
    await engine.start(trial.name);
    const url = trial.url.replace(`:${trial.addon.port}/`, `:${changed.port}/`);
    const rows = await waitFor("an answer on the new port", () =>
      sql(url, "SELECT count(*)::int AS n FROM kept").catch(() => undefined),
    );
    expect(rows).toEqual([{ n: 1001 }]);
    await engine.stop(trial.name, 60);
  });

  test("removed with its data, nothing of it is left", async () => {
    const { root } = engine.placement(trial.name, runtime.id, trial.addon.port);
    await engine.remove(trial.name, { data: true });
    await engine.remove(trial.name, { data: true });
    expect(await engine.inspect(trial.name)).toMatchObject({ status: "missing", data: false });
    expect(await engine.list()).toEqual([]);
    if (engineName === "local") expect(existsSync(root)).toBe(false);
    else {
      const filters = { label: [`pgaddon.home=${home.id()}`] };
      expect((await docker().listVolumes({ filters })).Volumes ?? []).toEqual([]);
    }
    expect(readFileSync(join(home.path, "state.json"), "utf8")).not.toContain(trial.addon.password);
  });
}
