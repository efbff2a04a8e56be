import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addonUrl } from "../../src/addons/environment.ts";
import type { EngineName } from "../../src/engines/engine.ts";
import { containerOf, docker } from "../e2e/docker.ts";
import { waitFor } from "../e2e/wait.ts";
import { add, addonOf, cli, done, expectSound, program, stateOf } from "../e2e/world.ts";
import { cliEnvironment, runProgram } from "../support/cli.ts";
import { engines } from "../support/engines.ts";
import { type Home, makeHome } from "../support/home.ts";
import { sql } from "../support/sql.ts";
import {
  contents,
  leftOf,
  objectsOf,
  permissions,
  postmasterOf,
  refusal,
  refusedFor,
  rowsFrom,
  serversOf,
  success,
} from "./tools.ts";

const homes: Home[] = [];

async function newHome(): Promise<Home> {
  const home = await makeHome();
  homes.push(home);
  return home;
}

// A home is tidied up by the id in its state file: one that a failed test left damaged still has to say it.
afterAll(() => {
  for (const home of homes) {
    if (!existsSync(home.path) || home.id() !== undefined || !existsSync(join(home.path, "home-id")))
      continue;
    writeFileSync(
      pathOf(home),
      JSON.stringify({ home_id: readFileSync(join(home.path, "home-id"), "utf8").trim() }),
    );
  }
});

function pathOf(home: Home): string {
  return join(home.path, "state.json");
}

/** What may become of the file: from its text the new one, undefined when it is gone. */
const damages: Record<string, (text: string) => string | undefined> = {
  truncated: (text) => text.slice(0, text.length / 2),
  emptied: () => "",
  deleted: () => undefined,
  "overwritten with something else": () => "\u0000\u0001\u0002 no JSON \uFFFD",
  "null in it": () => "null",
  "without most of it": (text) => JSON.stringify({ version: 1, home_id: JSON.parse(text).home_id }),
  "with entries that are none": (text) =>
    JSON.stringify({ ...JSON.parse(text), apps: { one: { name: "one" } }, addons: { "one-3030": null } }),
  "of a newer version": (text) => JSON.stringify({ ...JSON.parse(text), version: 2, more: ["kept"] }),
};

function damage(home: Home, kind: string): string | undefined {
  const text = damages[kind]?.(readFileSync(pathOf(home), "utf8"));
  if (text === undefined) rmSync(pathOf(home));
  else writeFileSync(pathOf(home), text);
  return text;
}

interface Finding {
  level: string;
  what: string;
  fix: string | null;
}

/** What doctor finds wrong. */
async function wrongs(home: Home, ...args: string[]): Promise<string[]> {
  const { code, stdout } = await cli(["doctor", "--format", "json", ...args], { home });
  const { findings }: { findings: Finding[] } = JSON.parse(stdout);
  const wrong = findings.filter(({ level }) => level === "error").map(({ what }) => what);
  expect(code).toBe(wrong.length === 0 ? 0 : 1);
  return wrong;
}

describe("a state file that cannot be used", () => {
  let home: Home;
  let sound: string;

  beforeAll(async () => {
    home = await newHome();
    await done(home, "create", "one");
    await done(home, "--app", "one", "env-set", "A=1");
    sound = readFileSync(pathOf(home), "utf8");
  });

  test.each(Object.keys(damages))("%s: every command says so and leaves it as it is", async (kind) => {
    writeFileSync(pathOf(home), sound);
    const damaged = damage(home, kind);
    const before = contents(home.path);
    const newer = kind === "of a newer version";
    const commands = [
      ["apps"],
      ["create", "two"],
      ["destroy", "one", "--confirm", "one"],
      ["destroy", "one", "--confirm", "one", "--purge"],
      ...[
        ["addons"],
        ["addons", "--removed"],
        ["addons-add", "postgresql", "sandbox"],
        ["addons-add", "postgresql", "sandbox", "--engine", "local"],
        ["addons-info"],
        ["addons-upgrade", "1g"],
        ["addons-stop"],
        ["addons-start"],
        ["addons-remove", "one-3030", "--confirm", "one-3030", "--purge"],
        ["addons-restore"],
        ["apps-link", "web"],
        ["apps-unlink", "web"],
        ["env"],
        ["env", "--check"],
        ["env-get", "A"],
        ["env-set", "B=2"],
        ["env-unset", "A"],
        ["restart"],
        ["run", "--", "true"],
        ["pgsql-console", "-c", "SELECT 1"],
        ["db-tunnel"],
        ["logs"],
      ].map((args) => ["--app", "one", ...args]),
    ];
    const results = await Promise.all(commands.map(async (args) => cli(args, { home })));
    for (const [at, result] of results.entries()) {
      const said = { args: commands[at], ...result };
      expect(said).toMatchObject({ code: 1, stdout: "" });
      refusal(
        result,
        newer ? /newer pgaddon \(format 2\)[^]*npm install/ : /state file .* is damaged[^]*doctor --fix/,
      );
    }
    expect(contents(home.path)).toEqual(before);

    const found = await wrongs(home);
    expect(found.join("\n")).toMatch(newer ? /newer pgaddon/ : /is damaged/);
    expect(existsSync(pathOf(home)) ? readFileSync(pathOf(home), "utf8") : undefined).toBe(damaged);
    // What needs no state works.
    for (const args of [["--version"], ["help"], ["addons-plans", "postgresql"], ["addons-list"]]) {
      expect(await cli(args, { home })).toMatchObject({ code: 0 });
    }
  });
});

describe.each(engines())("on %s", (engine) => {
  describe("an app with a running, a stopped and a removed database", () => {
    let home: Home;
    let running: { id: string; url: string };
    let stopped: { id: string; url: string };
    let removed: { id: string; url: string };
    const env = async (): Promise<Record<string, string>> =>
      JSON.parse(await done(home, "--app", "kept", "env", "--format", "json"));

    beforeAll(async () => {
      home = await newHome();
      running = await add(home, engine, "kept");
      stopped = await add(home, engine, "kept");
      removed = await add(home, engine, "kept");
      for (const { id, url } of [running, stopped, removed])
        await sql(url, `CREATE TABLE kept AS SELECT '${id}' AS id`);
      await done(home, "--app", "kept", "addons-stop", stopped.id);
      await done(home, "--app", "kept", "addons-remove", removed.id, "--confirm", removed.id);
      await done(home, "--app", "kept", "env-set", "OWN=mine");
      await done(home, "create", "empty");
    });

    // What is found again depends on the engine, what is found damaged does not.
    test.each(engine === "local" ? ["truncated"] : ["truncated", "deleted", "of a newer version"])(
      "doctor --fix rebuilds a state file that was %s",
      async (kind) => {
        // The last change is not in the document before it; this one may be lost.
        await done(home, "--app", "kept", "env-set", `LAST=${kind}`);
        const before = stateOf(home);
        const variables = await env();
        const damaged = damage(home, kind);
        const copies = readdirSync(home.path);
        expect(await wrongs(home)).toHaveLength(1);
        expect(await wrongs(home, "--fix")).toEqual([]);

        const after = stateOf(home);
        expect(after).toMatchObject({ home_id: before.home_id, next_number: before.next_number });
        expect(after.addons).toEqual(before.addons);
        expect(Object.keys(after.apps)).toEqual(Object.keys(before.apps));
        expect(after.apps["kept"]?.network).toBe(before.apps["kept"]?.network);
        const { LAST: _, ...kept } = variables;
        expect(await env()).toMatchObject(kept);
        expect(await sql(running.url, "SELECT id FROM kept")).toEqual([{ id: running.id }]);
        await expect(sql(stopped.url, "SELECT 1")).rejects.toThrow();
        // What was there is kept beside it, for people.
        const copy = readdirSync(home.path).filter((name) => !copies.includes(name) && name !== "state.json");
        if (damaged === undefined) expect(copy).toEqual([]);
        else {
          expect(copy).toHaveLength(1);
          const path = join(home.path, copy[0] ?? "");
          expect(readFileSync(path, "utf8")).toBe(damaged);
          expect(statSync(path).mode & 0o777).toBe(0o600);
        }
        await expectSound(home, [engine]);
      },
    );

    test("without any document the databases are there, passwords included, and nothing is deleted", async () => {
      const before = stateOf(home);
      for (const name of readdirSync(home.path)) {
        if (name !== "home-id") rmSync(join(home.path, name), { recursive: true });
      }
      expect(await wrongs(home)).toHaveLength(1);
      expect(await wrongs(home, "--fix")).toEqual([]);
      const after = stateOf(home);
      expect(after.home_id).toBe(before.home_id);
      for (const { id, url } of [running, stopped, removed]) {
        expect(addonUrl(addonOf(home, id))).toBe(url);
        // What was removed comes back: that it was is told by the document alone.
        expect(addonOf(home, id).status).toBe(id === running.id ? "running" : "stopped");
      }
      expect(await env()).toMatchObject({ SCALINGO_POSTGRESQL_URL: running.url });
      expect(await sql(running.url, "SELECT id FROM kept")).toEqual([{ id: running.id }]);
      for (const { id, url } of [stopped, removed]) {
        await done(home, "--app", "kept", "addons-start", id);
        expect(await sql(url, "SELECT id FROM kept")).toEqual([{ id }]);
      }
      const { id } = await add(home, engine, "kept");
      expect(Object.keys(before.addons)).not.toContain(id);
      await expectSound(home, [engine]);
      // Loses its data as what was asked for, not by a rebuild.
      await done(home, "destroy", "kept", "--confirm", "kept", "--purge");
      expect(await leftOf(home, engine)).toEqual([]);
    });
  });

  describe("one database, and reality", () => {
    let home: Home;
    let id: string;
    let url: string;

    beforeAll(async () => {
      home = await newHome();
      ({ id, url } = await add(home, engine, "real"));
      await sql(url, "CREATE TABLE kept AS SELECT 1 AS n");
    });

    /** Doctor finds this one thing wrong, mends it, and the database is as before. */
    const mends = async (...words: RegExp[]): Promise<void> => {
      const found = await wrongs(home);
      expect(found).toEqual(words.map((text) => expect.stringMatching(text)));
      expect(await wrongs(home, "--fix")).toEqual([]);
      expect(await rowsFrom(url, "SELECT n FROM kept")).toEqual([{ n: 1 }]);
      await expectSound(home, [engine]);
    };

    /** The server without its container, or without what says that it is defined. */
    const lose = async (): Promise<void> => {
      if (engine === "local") rmSync(join(serversOf(home), id, "instance.json"));
      else
        await docker()
          .getContainer((await containerOf(home, id)).Id)
          .remove({ force: true });
    };

    const halt = async (): Promise<void> => {
      if (engine === "docker")
        await docker()
          .getContainer((await containerOf(home, id)).Id)
          .stop();
      else {
        process.kill(await postmasterOf(home, id), "SIGINT");
        const pidFile = join(serversOf(home), id, "pgdata/postmaster.pid");
        await waitFor("the server to stop", () => !existsSync(pidFile));
      }
    };

    test("stopped behind our back: started", async () => {
      await halt();
      await mends(new RegExp(`${id}: should run and is stopped`));
    });

    test("gone behind our back, its data left: made again", async () => {
      await halt();
      await lose();
      await mends(new RegExp(`${id}: should run and is missing`));
    });

    test("gone while it runs: made again", async () => {
      await lose();
      await mends(new RegExp(`${id}: should run and is missing`));
    });

    test("a command that changes it makes it again, too", async () => {
      await halt();
      await lose();
      await done(home, "--app", "real", "addons-upgrade", "512m");
      expect(await rowsFrom(url, "SHOW shared_buffers")).toEqual([{ shared_buffers: "128MB" }]);
      await lose();
      await done(home, "--app", "real", "restart", "--addon", id);
      expect(await rowsFrom(url, "SELECT n FROM kept")).toEqual([{ n: 1 }]);
      await expectSound(home, [engine]);
    });

    test("runs and should not: stopped", async () => {
      await done(home, "--app", "real", "addons-stop");
      if (engine === "docker")
        await docker()
          .getContainer((await containerOf(home, id)).Id)
          .start();
      else {
        // As a second checkout of the state, or an old backup of it, would do.
        const saved = readFileSync(pathOf(home));
        await done(home, "--app", "real", "addons-start");
        writeFileSync(pathOf(home), saved);
      }
      const found = await wrongs(home);
      expect(found).toEqual([`${id}: is stopped and runs all the same`]);
      expect(await wrongs(home, "--fix")).toEqual([]);
      await expect(sql(url, "SELECT 1")).rejects.toThrow();
      await done(home, "--app", "real", "addons-start");
    });

    test("unknown to the state file: taken back, with its URL", async () => {
      const state = stateOf(home);
      const { [id]: mine, ...others } = state.addons;
      writeFileSync(pathOf(home), JSON.stringify({ ...state, addons: others, apps: {} }));
      await mends(/^Stray data /, ...(engine === "docker" ? [/^Stray network pgaddon-real/] : []));
      expect(addonOf(home, id)).toEqual(mine);
      expect(await done(home, "--app", "real", "env-get", "SCALINGO_POSTGRESQL_URL")).toBe(`${url}\n`);
    });

    test("the certificate authority lost from home: found beside the data", async () => {
      rmSync(join(home.path, "tls"), { recursive: true });
      await done(home, "--app", "real", "restart", "--addon", id);
      expect(readdirSync(join(home.path, "tls"))).toEqual([`${id}.json`]);
      expect(await rowsFrom(url, "SELECT n FROM kept")).toEqual([{ n: 1 }]);
    });

    test("its data gone: said, never an empty database in its place, and forgotten when asked", async () => {
      await halt();
      if (engine === "docker") {
        const { Id, Mounts } = await containerOf(home, id);
        await docker().getContainer(Id).remove({ force: true });
        await docker()
          .getVolume(Mounts[0]?.Name ?? "")
          .remove();
      } else rmSync(join(serversOf(home), id), { recursive: true });
      expect(await wrongs(home)).toEqual([`${id}: its data is gone`]);
      expect(await wrongs(home, "--fix")).toEqual([`${id}: its data is gone`]);
      await refusedFor(home, /data of \S+ is gone[^]*No empty database/, [
        "--app",
        "real",
        "restart",
        "--addon",
        id,
      ]);
      const left = (await leftOf(home, engine)).filter((name) => !name.endsWith(".lock"));
      expect(left).toEqual(engine === "docker" ? [expect.stringMatching(/^network /)] : []);
      await done(home, "--app", "real", "addons-remove", id, "--confirm", id, "--purge");
      expect(stateOf(home).addons).toEqual({});
      expect(await wrongs(home)).toEqual([]);
    });
  });

  test("two homes on one engine with apps of one name do not know of each other", async () => {
    const [one, two] = [await newHome(), await newHome()];
    const [first, second] = [await add(one, engine, "same"), await add(two, engine, "same")];
    expect(second.url).not.toBe(first.url);
    await sql(second.url, "CREATE TABLE kept AS SELECT 2 AS n");
    await expect(sql(first.url, "SELECT n FROM kept")).rejects.toThrow("does not exist");
    for (const home of [one, two]) await expectSound(home, [engine]);
    if (engine === "docker") {
      const names = [one, two].map((home) => stateOf(home).apps["same"]?.network ?? "");
      expect(names.toSorted()).toEqual(["pgaddon-same", expect.stringMatching(/^pgaddon-same-[0-9a-f]{6}$/)]);
    }
    const left = await leftOf(two, engine);
    expect(await wrongs(one, "--fix")).toEqual([]);
    await done(one, "destroy", "same", "--confirm", "same", "--purge");
    expect(await leftOf(one, engine)).toEqual([]);
    expect(await leftOf(two, engine)).toEqual(left);
    expect(await sql(second.url, "SELECT n FROM kept")).toEqual([{ n: 2 }]);
    await done(two, "--app", "same", "restart", "--addon", second.id);
    await expectSound(two, [engine]);
  });

  test.each(engine === "local" ? ["000", "077"] : ["000"])(
    "with umask %s all of home is its owner's alone",
    async (umask) => {
      const home = await newHome();
      // The folder as somebody else made it: it is ours to close.
      chmodSync(home.path, 0o755);
      const under = async (...args: string[]): Promise<void> => {
        const env = cliEnvironment(home);
        const script = `umask ${umask} && exec "$@"`;
        const result = await runProgram(
          "sh",
          ["-c", script, "sh", process.execPath, "--", program, ...args],
          {
            env,
          },
        );
        success(result);
      };
      await under("--app", "masked", "addons-add", "postgresql", "sandbox", "--engine", engine);
      await under("--app", "masked", "env-set", "A=1");
      await under("--app", "masked", "restart", "--addon", "masked-3030");
      const file = join(home.path, "masked.env");
      await under("--app", "masked", "apps-link", "--env-file", file);
      expect(statSync(home.path).mode & 0o777).toBe(0o700);
      const found = permissions(home.path);
      expect(found).toContain("600 tls/masked-3030.json");
      expect(found.filter((line) => !/^(600 .*[^/]|700 .*\/)$/.test(line))).toEqual([]);
      if (engine === "local" && serversOf(home).startsWith("/")) {
        const servers = serversOf(home);
        if (process.getuid?.() === 0) expect(statSync(servers).mode & 0o777).toBe(0o711);
        const below = permissions(servers).filter(
          (line) => !line.includes(".s.PGSQL.") && !line.endsWith(".lock"),
        );
        expect(below.length).toBeGreaterThan(20);
        expect(below.filter((line) => !/^([64]00 .*[^/]|700 .*\/)$/.test(line))).toEqual([]);
      }
      expect(await sql(addonUrl(addonOf(home, "masked-3030")), "SELECT 1 AS one")).toEqual([{ one: 1 }]);
      expect(await wrongs(home)).toEqual([]);
      await home.clean();
    },
  );
});

test("permissions that were loosened are found and mended", async () => {
  const home = await newHome();
  await add(home, "local", "open");
  const paths = ["", "state.json", "state.json.previous", "home-id", "tls", "tls/open-3030.json", "locks"];
  for (const path of paths) {
    const full = join(home.path, path);
    chmodSync(full, statSync(full).isDirectory() ? 0o755 : 0o644);
  }
  const found = await wrongs(home);
  expect(found.toSorted()).toEqual(
    paths.map((path) => `${join(home.path, path)} can be read by others`).toSorted(),
  );
  expect(await wrongs(home, "--fix")).toEqual([]);
  expect(statSync(home.path).mode & 0o777).toBe(0o700);
  expect(permissions(home.path).filter((line) => !/^(600 .*[^/]|700 .*\/)$/.test(line))).toEqual([]);
});

test("temporary files that a killed write left go with the next change", async () => {
  const home = await newHome();
  const { id, url } = await add(home, "local", "torn");
  const secret = readFileSync(pathOf(home), "utf8");
  // No process has such a number.
  const left = ["state-next.json.tmp-17959abc", "state-next.json", `tls/${id}.json.tmp-${2 ** 22 + 1}`];
  for (const name of left) writeFileSync(join(home.path, name), secret.slice(0, 600), { mode: 0o600 });
  writeFileSync(join(serversOf(home), id, ".addon.json.0123456789ab"), secret, { mode: 0o600 });
  await done(home, "--app", "torn", "env-set", "A=1");
  expect(readdirSync(home.path).filter((name) => name.startsWith("state-next"))).toEqual([]);
  await done(home, "--app", "torn", "addons-upgrade", "512m");
  expect(readdirSync(join(serversOf(home), id)).filter((name) => name.startsWith("."))).toEqual([]);
  expect(await sql(url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  await done(home, "destroy", "torn", "--confirm", "torn", "--purge");
  expect(Object.keys(contents(home.path)).filter((name) => name.includes("tmp-"))).toEqual([]);
});

describe.each(engines().filter((name) => name === "docker"))("objects on %s", (engine: EngineName) => {
  test("a rebuild while Docker is away forgets nothing of it", async () => {
    const home = await newHome();
    const { id, url } = await add(home, engine, "away");
    const local = await add(home, "local", "away");
    await done(home, "--app", "away", "env-set", "A=1");
    await done(home, "--app", "away", "env-set", "B=1");
    const before = stateOf(home);
    damage(home, "truncated");
    const env = { DOCKER_HOST: "unix:///nonexistent/docker.sock" };
    const fixed = await cli(["doctor", "--fix"], { home, env });
    expect(fixed).toMatchObject({ code: 1, stdout: expect.stringContaining("1 add-on(s) are on it") });
    expect(stateOf(home).addons).toEqual(before.addons);
    expect(await done(home, "--app", "away", "env-get", "DATABASE_URL")).toBe(`${url}\n`);
    expect(await sql(local.url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    expect(await wrongs(home)).toEqual([]);
    await done(home, "--app", "away", "restart", "--addon", id);
    expect(await sql(url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    await home.clean();
  });

  test("strays with our label are found and go, data is kept; what is the user's is never touched", async () => {
    const home = await newHome();
    const { id, url } = await add(home, engine, "mine");
    const { Config } = await containerOf(home, id);
    const suffix = home.id()?.slice(0, 6) ?? "";
    const name = (what: string): string => `chaos-${what}-${home.id()}`;
    const stray = { container: `pgaddon-gone-4000-${suffix}`, volume: `pgaddon-gone-4001-${suffix}` };
    const ours = (instance: string): Record<string, string> => ({
      "pgaddon.home": home.id() ?? "",
      "pgaddon.app": "gone",
      "pgaddon.addon": instance,
      "pgaddon.instance": instance,
    });
    const own: Record<string, string> = { "pgaddon.link": "mine", "pgaddon.home": "0011223344556677" };
    const users = {
      container: name("user"),
      // Named as ours are.
      volume: `pgaddon-mine-3031-${suffix}`,
      network: name("user"),
    };
    const make = async (
      what: string,
      labels: Record<string, string>,
      HostConfig: { NetworkMode: string; Binds?: string[] },
    ): Promise<void> => {
      const container = await docker().createContainer({
        ...{
          name: what,
          Image: Config.Image,
          Labels: labels,
          Entrypoint: ["sh", "-c", "trap 'exit 0' INT TERM; sleep 600 & wait"],
        },
        HostConfig,
      });
      await container.start();
    };
    const gone = async (): Promise<void> => {
      for (const what of [users.container, stray.container])
        await docker()
          .getContainer(what)
          .remove({ force: true })
          .catch(() => undefined);
      for (const what of [users.volume, stray.volume])
        await docker()
          .getVolume(what)
          .remove()
          .catch(() => undefined);
      for (const what of [users.network, name("stray")])
        await docker()
          .getNetwork(what)
          .remove()
          .catch(() => undefined);
    };
    try {
      await docker().createNetwork({ Name: users.network, Labels: own });
      await make(users.container, own, { NetworkMode: users.network, Binds: [`${users.volume}:/data`] });
      const before = await docker().getContainer(users.container).inspect();
      await make(stray.container, ours("gone-4000"), { NetworkMode: "none" });
      await docker().createVolume({ Name: stray.volume, Labels: ours("gone-4001") });
      await docker().createNetwork({ Name: name("stray"), Labels: { "pgaddon.home": home.id() ?? "" } });

      const found = await wrongs(home);
      expect(found.toSorted()).toEqual([
        `Stray data ${stray.volume}: the store does not know it`,
        expect.stringMatching(/^Stray instance .*, without data$/),
        `Stray network ${name("stray")}`,
      ]);
      // Data nobody can name an owner of is nobody's to delete: it stays, and so does the complaint.
      expect(await wrongs(home, "--fix")).toEqual([`Stray data ${stray.volume}: the store does not know it`]);
      expect((await objectsOf(home)).filter((what) => /chaos|gone/.test(what))).toEqual([
        `volume ${stray.volume}`,
      ]);
      await docker().getVolume(stray.volume).remove();

      await done(home, "--app", "mine", "addons-upgrade", "512m");
      await done(home, "--app", "mine", "apps-link", users.container);
      await done(home, "destroy", "mine", "--confirm", "mine", "--purge");
      await expect(sql(url, "SELECT 1")).rejects.toThrow();
      expect(await objectsOf(home)).toEqual([]);
      const after = await docker().getContainer(users.container).inspect();
      expect(after.Id).toBe(before.Id);
      expect(after.State.Running).toBe(true);
      await docker().getVolume(users.volume).inspect();
      await docker().getNetwork(users.network).inspect();
    } finally {
      await gone();
    }
  });
});

test("folders of home that were there before are closed, and what is no folder is said", async () => {
  const home = await newHome();
  const taken = join(home.path, "taken");
  writeFileSync(taken, "a file\n");
  mkdirSync(join(home.path, "deep"));
  for (const [path, words] of [
    [taken, /taken/],
    [join(taken, "below"), /taken\/below/],
  ] as const) {
    const result = await cli(["create", "one"], { home, env: { PGADDON_HOME: path } });
    refusal(result, words);
  }
  expect(readFileSync(taken, "utf8")).toBe("a file\n");
});
