import { spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
} from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { addonUrl } from "../../src/addons/environment.ts";
import { waitFor } from "../e2e/wait.ts";
import { add, addonOf, begin, cli, done, expectSound, program, stateOf, unusedPort } from "../e2e/world.ts";
import { cliEnvironment, type ProgramResult, repository, runProgram } from "../support/cli.ts";
import { engines } from "../support/engines.ts";
import { type Home, makeHome } from "../support/home.ts";
import { sql } from "../support/sql.ts";
import { sweepHome } from "../support/sweep.mjs";
import { copyImage, makeEngine } from "./own-engine.ts";
import { openProxy } from "./proxy.ts";
import {
  contents,
  doneWith,
  leftOf,
  objectsOf,
  postmasterOf,
  refusal,
  refusedFor,
  rowsFrom,
  serversOf,
} from "./tools.ts";

/** Undone after each test, the last first. */
const undo: (() => Promise<unknown> | void)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});

const onDocker = engines().filter((name) => name === "docker");
const onLocal = engines().filter((name) => name === "local");
const nowhere = { DOCKER_HOST: "unix:///nonexistent/docker.sock" };

/** Another program that has this port. */
async function occupy(port: number): Promise<() => Promise<void>> {
  const server = createServer().listen(port, "127.0.0.1");
  await once(server, "listening");
  return close(server);
}

function close(server: Server): () => Promise<void> {
  let open = true;
  const free = async (): Promise<void> => {
    if (!open) return;
    open = false;
    const closed = once(server, "close");
    server.close();
    await closed;
  };
  undo.push(free);
  return free;
}

/** A file system of this size, over a folder. */
function mount(folder: string, options: string): void {
  mkdirSync(folder, { recursive: true });
  const { status, stderr } = spawnSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", folder], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`this test mounts a tmpfs, which needs root: ${stderr}`);
  undo.push(() => void spawnSync("umount", ["-l", folder]));
}

function remount(folder: string, options: string): void {
  const { status, stderr } = spawnSync("mount", ["-o", `remount,${options}`, folder], { encoding: "utf8" });
  if (status !== 0) throw new Error(`remount: ${stderr}`);
}

/** Nothing is left of the space there. */
function fill(folder: string): string {
  const filler = join(folder, "filler");
  spawnSync("dd", ["if=/dev/zero", `of=${filler}`, "bs=4k"], { stdio: "ignore" });
  return filler;
}

describe.each(onDocker)("when %s is away", (engine) => {
  test("what needs it says so and changes nothing; what does not goes on; nothing falls back to local", async () => {
    const home = await makeHome();
    const { id, url } = await add(home, engine, "away");
    const before = contents(home.path);
    const silentPath = join(home.path, "..", `silent-${home.id()}.sock`);
    // It takes what is said, or closing it would wait for who says it.
    const silent = createServer((socket) => socket.on("error", () => undefined).resume()).listen(silentPath);
    await once(silent, "listening");
    close(silent);
    const refusing = await unusedPort();
    const away: [NodeJS.ProcessEnv, RegExp][] = [
      [nowhere, /no Docker engine at unix:\/\/\/nonexistent[^]*Start Docker/],
      [{ DOCKER_HOST: `tcp://127.0.0.1:${refusing}` }, /not running[^]*Start Docker/],
      [{ DOCKER_HOST: `unix://${silentPath}` }, /did not answer within 2 s[^]*docker version/],
      [
        { DOCKER_HOST: "nonsense://x" },
        /address of the Docker engine is not usable[^]*DOCKER_HOST looks like/,
      ],
    ];
    for (const [env, words] of away) {
      const said = await refusedFor(home, words, ["--app", "away", "addons-add", "postgresql", "sandbox"], {
        env,
      });
      expect(said).toMatch(/this home has add-ons on Docker[^]*--engine local/);
    }
    const changes = [
      ["addons-add", "postgresql", "sandbox", "--engine", "docker"],
      ["addons-upgrade", "512m"],
      ["addons-stop"],
      ["addons-start"],
      ["restart", "--addon", id],
      ["addons-remove", id, "--confirm", id],
      ["addons-remove", id, "--confirm", id, "--purge"],
      ["destroy", "--confirm", "away"],
      ["apps-link", "web"],
      ["pgsql-console", "-c", "SELECT 1"],
      ["logs"],
    ];
    await Promise.all(
      changes.map(async (args) =>
        refusedFor(home, /no Docker engine at/, ["--app", "away", ...args], { env: nowhere }),
      ),
    );
    expect(contents(home.path)).toEqual(before);
    for (const args of [["env"], ["addons"], ["addons-info"], ["addons", "--format", "json"]]) {
      expect(await cli(["--app", "away", ...args], { home, env: nowhere })).toMatchObject({ code: 0 });
    }
    const doctor = await cli(["doctor"], { home, env: nowhere });
    expect(doctor).toMatchObject({ code: 1, stdout: expect.stringContaining("1 add-on(s) are on it") });
    // Nothing was written down for later.
    await done(home, "--app", "away", "env");
    expect(await sql(url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    await expectSound(home, [engine]);
  });

  test("its socket may not be used: said with the remedy", async () => {
    // A place of his own: the folder of this run is closed to others.
    const folder = mkdtempSync("/var/tmp/pgaddon-nobody-");
    undo.push(() => rmSync(folder, { recursive: true, force: true }));
    chmodSync(folder, 0o711);
    const copy = join(folder, "program");
    for (const part of ["bin", "dist", "package.json"])
      cpSync(join(repository, part), join(copy, part), { recursive: true });
    cpSync(join(repository, "node_modules"), join(copy, "node_modules"), {
      recursive: true,
      filter: (path) =>
        /\/node_modules(\/(fs-native-extensions|require-addon|which-runtime|bare-[^/]*)(\/|$)|$)/.test(path),
    });
    spawnSync("chmod", ["-R", "a+rX", copy]);
    const path = join(folder, "home");
    mkdirSync(path, { mode: 0o700 });
    chownSync(path, 65_534, 65_534);
    undo.push(() => sweepHome(path));
    const guarded = createServer().listen(join(folder, "docker.sock"));
    await once(guarded, "listening");
    close(guarded);
    chmodSync(join(folder, "docker.sock"), 0o600);

    const home: Home = { path, id: () => undefined, clean: () => Promise.resolve() };
    const asNobody = async (...args: string[]): Promise<ProgramResult> =>
      runProgram(
        "setpriv",
        [
          "--reuid=65534",
          "--regid=65534",
          "--clear-groups",
          process.execPath,
          "--",
          join(copy, "bin/pgaddon.js"),
          ...args,
        ],
        { cwd: "/", env: cliEnvironment(home, { DOCKER_HOST: `unix://${folder}/docker.sock` }) },
      );
    refusal(
      await asNobody("--app", "barred", "addons-add", "postgresql", "sandbox", "--engine", "docker"),
      /Permission denied on unix:.*docker\.sock[^]*usermod -aG docker/,
    );
    expect(await asNobody("apps")).toMatchObject({ code: 0, stdout: expect.not.stringContaining("barred") });
    // Without an engine asked for, his own processes serve.
    const added = await asNobody("--app", "barred", "addons-add", "postgresql", "sandbox");
    expect(added).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/using local server processes \(Permission denied/),
    });
    const url = await asNobody("--app", "barred", "env-get", "DATABASE_URL");
    expect(await sql(url.stdout.trim(), "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    expect(await asNobody("destroy", "barred", "--confirm", "barred", "--purge")).toMatchObject({ code: 0 });
    expect(readdirSync(join(path, "local"))).toEqual([]);
  });

  test("it stops answering half-way, at any request: a clear error, and the next command settles it", async () => {
    const home = await makeHome();
    const proxy = await openProxy();
    undo.push(() => proxy.close());
    const env = { DOCKER_HOST: proxy.host };
    const args = ["--app", "cut", "addons-add", "postgresql", "sandbox", "--engine", "docker"];
    proxy.breakAfter(Number.POSITIVE_INFINITY, "cut");
    await doneWith(home, env, args);
    const [{ id, port } = { id: "", port: 0 }] = Object.values(stateOf(home).addons);
    const url = addonUrl(addonOf(home, id));
    await sql(url, "CREATE TABLE kept AS SELECT 1 AS n");
    let cuts = 0;
    for (let after = 1; ; after += 2) {
      proxy.breakAfter(after, "cut");
      const result = await cli(args, { home, env });
      proxy.mend();
      if (result.code === 0) break;
      refusal(result, /Docker/);
      cuts += 1;
      // Any command on the app; the one database it had is the one it has.
      await done(home, "--app", "cut", "addons");
      expect(Object.keys(stateOf(home).addons)).toEqual([id]);
      expect((await objectsOf(home)).filter((name) => !name.includes(id))).toEqual([
        expect.stringMatching(/^network /),
      ]);
    }
    expect(cuts).toBeGreaterThan(4);
    const second = Object.keys(stateOf(home).addons).find((name) => name !== id) ?? "";
    await done(home, "--app", "cut", "addons-remove", second, "--confirm", second, "--purge");
    proxy.breakAfter(Number.POSITIVE_INFINITY, "cut");
    await doneWith(home, env, ["--app", "cut", "addons-upgrade", "512m"]);
    cuts = 0;
    for (let after = 2; ; after += 3) {
      const { plan } = addonOf(home, id);
      const other = plan === "sandbox" ? "512m" : "sandbox";
      proxy.breakAfter(after, "cut");
      const result = await cli(["--app", "cut", "addons-upgrade", other], { home, env });
      if (result.code === 0) break;
      refusal(result, /Docker/);
      cuts += 1;
      proxy.mend();
      await done(home, "--app", "cut", "env");
      const now = addonOf(home, id);
      expect(now).toMatchObject({ status: "running", operation: null, port });
      const buffers = { sandbox: "32MB", "512m": "128MB" }[now.plan];
      expect(await rowsFrom(url, "SHOW shared_buffers")).toEqual([{ shared_buffers: buffers }]);
    }
    expect(cuts).toBeGreaterThan(3);
    proxy.mend();
    expect(await sql(url, "SELECT n FROM kept")).toEqual([{ n: 1 }]);
    await expectSound(home, [engine]);
  });

  test("it says nothing any more half-way: that is told in half a minute, and the next command settles it", async () => {
    const home = await makeHome();
    const proxy = await openProxy();
    undo.push(() => proxy.close());
    proxy.breakAfter(9, "silent");
    const args = ["--app", "mute", "addons-add", "postgresql", "sandbox", "--engine", "docker"];
    await refusedFor(home, /did not answer within \d+ s/, args, { env: { DOCKER_HOST: proxy.host } });
    // It was in the midst of it.
    expect(Object.values(stateOf(home).addons)).toMatchObject([{ operation: { kind: "provision" } }]);
    proxy.mend();
    await refusedFor(home, /'mute' was not found/, ["--app", "mute", "addons"]);
    expect(await objectsOf(home)).toEqual([]);
    expect(stateOf(home)).toMatchObject({ addons: {}, apps: {} });
  });

  test("it is restarted, and loses its power: running databases come back by themselves, stopped ones stay so", async () => {
    const home = await makeHome();
    const own = makeEngine();
    undo.push(() => own.remove());
    await own.start();
    const probe = await add(home, engine, "probe");
    await copyImage(addonOf(home, probe.id).runtime, own.docker);
    const second = await makeHome();
    const env = { DOCKER_HOST: own.host };
    undo.push(() => sweepHome(second.path, { ...process.env, ...env }));
    const on = async (...args: string[]): Promise<string> => {
      const result = await cli(args, { home: second, env });
      expect({ args, ...result }).toMatchObject({ code: 0 });
      return result.stdout;
    };
    for (const app of ["runs", "stops"]) await on("--app", app, "addons-add", "postgresql", "sandbox");
    const [runs, stops] = Object.values(stateOf(second).addons).map((addon) => addonUrl(addon));
    if (runs === undefined || stops === undefined) throw new Error("two were added");
    await sql(runs, "CREATE TABLE kept (n int)");
    await sql(stops, "CREATE TABLE kept AS SELECT 2 AS n");
    await on("--app", "stops", "addons-stop");

    for (const [round, end] of [own.stop, own.cutPower].entries()) {
      await sql(runs, `INSERT INTO kept VALUES (${round})`);
      await end();
      await expect(sql(runs, "SELECT 1")).rejects.toThrow();
      await own.start();
      const rows = await rowsFrom(runs, "SELECT count(*)::int AS n FROM kept");
      expect(rows).toEqual([{ n: round + 1 }]);
      await expect(sql(stops, "SELECT 1")).rejects.toThrow();
      const states = await own.docker.listContainers({ all: true });
      expect(states.map(({ State }) => State).toSorted()).toEqual(["exited", "running"]);
    }
    await on("doctor");
    await on("--app", "stops", "addons-start");
    expect(await sql(stops, "SELECT n FROM kept")).toEqual([{ n: 2 }]);
    for (const app of ["runs", "stops"]) await on("destroy", app, "--confirm", app, "--purge");
    expect(await own.docker.listContainers({ all: true })).toEqual([]);
  });
});

test("an engine that there is not is refused, wherever it is named, and changes nothing", async () => {
  const home = await makeHome();
  const args = ["--app", "none", "addons-add", "postgresql", "sandbox"];
  await refusedFor(home, /'podman'[^]*docker, local/, [...args, "--engine", "podman"], { code: 2 });
  await refusedFor(home, /'podman'[^]*docker, local/, args, { code: 2, env: { PGADDON_ENGINE: "podman" } });
  expect(Object.keys(existsSync(join(home.path, "state.json")) ? stateOf(home).apps : {})).toEqual([]);
});

describe.each(engines())("ports on %s", (engine) => {
  test("another program has it at the start: said with the port, and it starts when that is free", async () => {
    const home = await makeHome();
    const { id, url } = await add(home, engine, "port");
    const { port } = addonOf(home, id);
    await sql(url, "CREATE TABLE kept AS SELECT 1 AS n");
    await done(home, "--app", "port", "addons-stop");
    const free = await occupy(port);
    await refusedFor(home, new RegExp(`port ${port} is used by another program[^]*addons-start ${id}`), [
      ...["--app", "port", "addons-start"],
    ]);
    expect(addonOf(home, id)).toMatchObject({ status: "stopped", operation: null, port });
    await free();
    await done(home, "--app", "port", "addons-start");
    expect(await sql(url, "SELECT n FROM kept")).toEqual([{ n: 1 }]);
    await expectSound(home, [engine]);
  });

  test("snatched away between choosing and binding: the next one is taken", async () => {
    const home = await makeHome();
    const running = begin(home, ["--app", "late", "addons-add", "postgresql", "sandbox", "--engine", engine]);
    const chosen = await waitFor("the port to be chosen", () => {
      if (!existsSync(join(home.path, "state.json"))) return undefined;
      return Object.values(stateOf(home).addons)[0]?.port;
    });
    await occupy(chosen);
    expect({ code: (await running.ended).code, said: running.stderr() }).toMatchObject({ code: 0 });
    const [addon, ...others] = Object.values(stateOf(home).addons);
    if (addon === undefined) throw new Error("nothing was added");
    expect(others).toEqual([]);
    expect(addon.port).not.toBe(chosen);
    expect(await sql(addonUrl(addon), "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    await expectSound(home, [engine]);
  });

  test("none is left in PGADDON_PORTS: said, and nothing is made", async () => {
    const home = await makeHome();
    await done(home, "create", "full");
    const port = await unusedPort();
    await occupy(port);
    const before = contents(home.path);
    const args = ["--app", "full", "addons-add", "postgresql", "sandbox", "--engine", engine];
    const env = { PGADDON_PORTS: `${port}-${port}` };
    await refusedFor(home, new RegExp(`No port is free between ${port} and ${port}[^]*PGADDON_PORTS`), args, {
      env,
    });
    for (const range of ["31000", "5-10", "40000-30000", "31000-70000", "a-b"]) {
      await refusedFor(home, /PGADDON_PORTS is '/, args, { code: 2, env: { PGADDON_PORTS: range } });
    }
    expect(contents(home.path)).toEqual(before);
    expect(await leftOf(home, engine)).toEqual([]);
  });
});

describe.each(onLocal)("%s servers", (engine) => {
  test("killed: the next command revives it; with its port taken meanwhile it says so and goes on", async () => {
    const home = await makeHome();
    const { id, url } = await add(home, engine, "hurt");
    await sql(url, "CREATE TABLE kept AS SELECT 1 AS n");
    const kill = async (): Promise<void> => {
      process.kill(await postmasterOf(home, id), "SIGKILL");
      await waitFor("it to be gone", async () =>
        sql(url, "SELECT 1").then(
          () => false,
          () => true,
        ),
      );
    };
    await kill();
    const env = await cli(["--app", "hurt", "env-get", "DATABASE_URL"], { home });
    expect(env).toMatchObject({
      code: 0,
      stdout: `${url}\n`,
      stderr: expect.stringContaining(`Starting ${id}`),
    });
    expect(await sql(url, "SELECT n FROM kept")).toEqual([{ n: 1 }]);

    await kill();
    const { port } = addonOf(home, id);
    // Sessions of the killed server have the port until they have seen that it is gone.
    const free = await waitFor("the port", async () => occupy(port).catch(() => undefined));
    const warned = await cli(["--app", "hurt", "addons"], { home });
    expect(warned).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(new RegExp(`/!\\\\.*port ${port} is used`)),
    });
    await free();
    await done(home, "--app", "hurt", "addons");
    expect(await sql(url, "SELECT n FROM kept")).toEqual([{ n: 1 }]);
    await expectSound(home, [engine]);
  });

  test("a full disk where they lie: said, nothing half made, nothing lost, and on it goes with more room", async () => {
    const home = await makeHome();
    const root = mkdtempSync("/var/tmp/pgaddon-servers-");
    undo.push(() => rmSync(root, { recursive: true, force: true }));
    mount(root, "size=16m,mode=0711");
    const env = { PGADDON_LOCAL_ROOT: root };
    undo.push(() => sweepHome(home.path, { ...process.env, ...env }));
    const args = ["--app", "full", "addons-add", "postgresql", "sandbox", "--engine", engine];
    await refusedFor(home, /No space left on device|disk is full/i, args, { env });
    expect(stateOf(home)).toMatchObject({ addons: {}, apps: {} });
    expect(readdirSync(join(root, home.id() ?? "")).filter((name) => !name.endsWith(".lock"))).toEqual([]);

    remount(root, "size=200m");
    await doneWith(home, env, args);
    const [addon] = Object.values(stateOf(home).addons);
    if (addon === undefined) throw new Error("nothing was added");
    const url = addonUrl(addon);
    await sql(url, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n");
    const filler = fill(root);
    await expect(
      sql(url, "CREATE TABLE more AS SELECT repeat('x', 900) FROM generate_series(1, 200000)"),
    ).rejects.toThrow();
    const before = readFileSync(join(home.path, "state.json"), "utf8");
    refusal(
      await cli(["--app", "full", "addons-upgrade", "512m"], { home, env }),
      /No space left on device|ENOSPC|disk is full|does not stay up|could not write/i,
    );
    rmSync(filler);
    await doneWith(home, env, ["--app", "full", "env"]);
    const after = Object.values(stateOf(home).addons)[0];
    expect(after).toMatchObject({ plan: "sandbox", status: "running", operation: null });
    expect(JSON.parse(before).home_id).toBe(home.id());
    expect(await rowsFrom(url, "SELECT count(*)::int AS n FROM kept")).toEqual([{ n: 1000 }]);
    await doneWith(home, env, ["--app", "full", "addons-upgrade", "512m"]);
    await doneWith(home, env, ["destroy", "full", "--confirm", "full", "--purge"]);
  });
});

test("a full disk under home: said, the state file stays whole, and writing goes on with more room", async () => {
  const home = await makeHome();
  mount(home.path, "size=256k,mode=0700");
  await done(home, "--app", "full", "env-set", "A=1");
  const filler = fill(home.path);
  const before = contents(home.path);
  for (const args of [
    ["--app", "full", "env-set", `B=${"x".repeat(30_000)}`],
    ["create", "other"],
    ["--app", "full", "addons-add", "postgresql", "sandbox", "--engine", "local"],
  ]) {
    await refusedFor(home, /disk is full|ENOSPC|no space left/i, args);
  }
  expect(contents(home.path)).toEqual(before);
  expect(await done(home, "--app", "full", "env")).toBe("A=1\n");
  rmSync(filler);
  await done(home, "--app", "full", "env-set", "B=2");
  expect(await done(home, "--app", "full", "env")).toBe("A=1\nB=2\n");
  expect(readdirSync(home.path).filter((name) => name.includes(".tmp-"))).toEqual([]);
});

test("a home that cannot be written is read all the same", async () => {
  const home = await makeHome();
  mount(home.path, "size=4m,mode=0700");
  const { id, url } = await add(home, "local", "frozen");
  remount(home.path, "ro");
  const before = contents(home.path);
  for (const args of [["env"], ["addons"], ["addons-info"], ["env-get", "DATABASE_URL"]]) {
    const result = await cli(["--app", "frozen", ...args], { home });
    expect(result).toMatchObject({ code: 0, stderr: "" });
  }
  expect(await done(home, "--app", "frozen", "env-get", "DATABASE_URL")).toBe(`${url}\n`);
  for (const args of [
    ["env-set", "A=1"],
    ["addons-upgrade", "512m"],
    ["addons-stop"],
    ["restart", "--addon", id],
  ]) {
    await refusedFor(home, /read-only|cannot be (used|written)|EROFS/i, ["--app", "frozen", ...args]);
  }
  // A server that died is missed, not started; the command answers.
  process.kill(await postmasterOf(home, id), "SIGKILL");
  await waitFor("it to be gone", async () =>
    sql(url, "SELECT 1").then(
      () => false,
      () => true,
    ),
  );
  expect(await cli(["--app", "frozen", "env-get", "DATABASE_URL"], { home })).toMatchObject({
    code: 0,
    stdout: `${url}\n`,
  });
  expect(contents(home.path)).toEqual(before);
  remount(home.path, "rw");
  await done(home, "--app", "frozen", "addons");
  expect(await rowsFrom(url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  expect(serversOf(home)).toContain(home.id());
});

test("where home is: PGADDON_HOME, an absolute XDG_DATA_HOME, the user's own; a relative XDG_DATA_HOME counts as none", async () => {
  const home = await makeHome();
  const user = join(home.path, "user");
  mkdirSync(user);
  const create = async (app: string, env: NodeJS.ProcessEnv): Promise<void> => {
    const result = await runProgram(process.execPath, ["--", program, "create", app], {
      cwd: user,
      env: cliEnvironment(home, { PGADDON_HOME: undefined, ...env }),
    });
    expect(result).toMatchObject({ code: 0 });
  };
  const appsIn = (folder: string): string[] =>
    Object.keys(JSON.parse(readFileSync(join(folder, "state.json"), "utf8")).apps);
  await create("one", { XDG_DATA_HOME: "data" });
  await create("two", { XDG_DATA_HOME: join(user, "absolute") });
  await create("three", { PGADDON_HOME: "here", XDG_DATA_HOME: join(user, "absolute") });
  await create("four", { PGADDON_HOME: "", XDG_DATA_HOME: "" });
  expect(readdirSync(user).toSorted()).toEqual([".local", "absolute", "here"]);
  expect(appsIn(join(user, ".local/share/pgaddon"))).toEqual(["one", "four"]);
  expect(appsIn(join(user, "absolute/pgaddon"))).toEqual(["two"]);
  expect(appsIn(join(user, "here"))).toEqual(["three"]);
});
