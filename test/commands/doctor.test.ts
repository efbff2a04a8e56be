import { chmodSync, existsSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { describe, expect, test } from "vitest";
import { checkAddons } from "../../src/doctor/addons.ts";
import { adopt } from "../../src/doctor/rebuild.ts";
import type { Context } from "../../src/context.ts";
import { createOutput } from "../../src/output/output.ts";
import { openStore } from "../../src/state/store.ts";
import { fakeEngine } from "../fakes/engine.ts";
import { oneAddon, newWorld, terminal, worldAfter } from "../fakes/world.ts";
import type { Result, World } from "../fakes/world.ts";

const id = "my-app-3030";
const instance = (world: World): NonNullable<World["docker"]["instances"][string]> => {
  const found = world.docker.instances[id];
  if (found === undefined) throw new Error(`no ${id}`);
  return found;
};
const wrong = ({ stdout }: Result): string[] => stdout.split("\n").filter((line) => line.startsWith("error"));

describe("what is wrong is said, exits 1, and --fix mends it", () => {
  const troubles: [
    what: string,
    break_: (world: World) => void,
    said: RegExp,
    mended: (world: World) => void,
  ][] = [
    [
      "a database that should run and does not",
      (world) => Object.assign(instance(world), { running: false, reason: "exit code 137" }),
      /^error {3}my-app-3030: should run and is stopped \(exit code 137\)$/,
      (world) => expect(instance(world).running).toBe(true),
    ],
    [
      "an instance that is missing, its data is there",
      (world) => Object.assign(instance(world), { running: false, spec: null }),
      /^error {3}my-app-3030: should run and is missing$/,
      (world) => expect(instance(world).running).toBe(true),
    ],
    [
      "data that the store does not know",
      (world) => {
        const stray = structuredClone(instance(world));
        const record = JSON.parse(stray.files["addon.json"]?.content ?? "{}");
        record.addon = {
          ...record.addon,
          id: "old-app-3001",
          app: "old-app",
          nodes: [{ name: "x", instance: "old-app-3001", role: "primary" }],
        };
        stray.files["addon.json"] = { content: JSON.stringify(record), mode: 0o600 };
        stray.running = false;
        world.docker.instances["old-app-3001"] = stray;
      },
      /^error {3}Stray data docker-old-app-3001-data: the store does not know it$/,
      (world) => {
        expect(world.addon("old-app-3001")).toMatchObject({ app: "old-app", status: "stopped" });
        expect(world.docker.instances["old-app-3001"]?.data).toBe(true);
      },
    ],
    [
      "an instance without data that the store does not know",
      (world) => {
        world.docker.instances["left-1"] = {
          ...structuredClone(instance(world)),
          data: false,
          running: true,
        };
      },
      /^error {3}Stray instance docker-left-1, without data$/,
      (world) => expect(world.docker.instances["left-1"]?.spec ?? null).toBeNull(),
    ],
    [
      "a network that the store does not know",
      (world) => void (world.docker.networks["pgaddon-gone"] = { app: "gone" }),
      /^error {3}Stray network pgaddon-gone$/,
      (world) => expect(Object.keys(world.docker.networks)).toEqual(["pgaddon-my-app"]),
    ],
    [
      "a helper that a killed command left",
      (world) => Object.assign(instance(world), { helpers: 1 }),
      /^error {3}Stray helper docker-my-app-3030-helper$/,
      (world) => expect(instance(world).helpers).toBe(0),
    ],
    [
      "a helper of an instance that the store does not know",
      (world) => {
        world.docker.instances["gone-4000"] = {
          ...structuredClone(instance(world)),
          ...{ spec: null, data: false, running: false, helpers: 1 },
        };
      },
      /^error {3}Stray helper docker-gone-4000-helper$/,
      (world) => expect(world.docker.instances["gone-4000"]?.helpers).toBe(0),
    ],
    [
      "a home that others can read",
      (world) => chmodSync(world.home, 0o755),
      /^error {3}.*\/home can be read by others$/,
      () => undefined,
    ],
    [
      "a secret that others can read",
      (world) => chmodSync(join(world.home, "tls", `${id}.json`), 0o644),
      /^error {3}.*\/tls\/my-app-3030\.json can be read by others$/,
      () => undefined,
    ],
  ];

  test.each(troubles)("%s", async (_what, break_, said, mended) => {
    const world = await oneAddon();
    expect(await world.run("doctor")).toMatchObject({ code: 0, stderr: "" });
    break_(world);
    const found = await world.run("doctor");
    expect(found.code).toBe(1);
    expect(wrong(found)).toEqual([expect.stringMatching(said)]);
    expect(found.stdout).toMatch(/^ {8}→ \S/m);
    const json = await world.run("doctor --format json");
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout).findings).toContainEqual({
      level: "error",
      what: expect.any(String),
      fix: expect.any(String),
    });
    const fixed = await world.run("doctor --fix");
    expect(fixed.code, fixed.screen).toBe(0);
    mended(world);
    expect(await world.run("doctor")).toMatchObject({ code: 0 });
  });

  test("one that should be stopped and runs is stopped", async () => {
    const world = await worldAfter("--app my-app addons-add postgresql 1g", "--app my-app addons-stop");
    Object.assign(instance(world), { running: true });
    const found = await world.run("doctor");
    expect(found.code).toBe(1);
    expect(wrong(found)).toEqual(["error   my-app-3030: is stopped and runs all the same"]);
    await world.must("doctor --fix");
    expect(instance(world).running).toBe(false);
  });

  test("an interrupted change is settled", async () => {
    const world = await oneAddon();
    let left: World | undefined;
    await world.must("--app my-app addons-upgrade 4g", {
      interfere(event) {
        if (event === "stop after") left = world.copy();
      },
    });
    if (left === undefined) throw new Error("not killed");
    const found = await left.run("doctor");
    expect(found.code).toBe(1);
    expect(wrong(found)).toEqual(["error   my-app-3030: a change (upgrade) was interrupted"]);
    await left.must("doctor --fix");
    expect(left.addon(id)).toMatchObject({ plan: "1g", status: "running", operation: null });
  });

  test("data that is gone is told and not replaced by nothing", async () => {
    const world = await oneAddon();
    delete world.docker.instances[id];
    const fixed = await world.run("doctor --fix");
    expect(fixed.code).toBe(1);
    expect(wrong(fixed)).toEqual(["error   my-app-3030: its data is gone"]);
    expect(world.docker.instances).toEqual({});
    expect(world.addon(id).status).toBe("running");
  });

  test("--fix deletes no data, whatever it finds", async () => {
    const world = await worldAfter(
      "--app my-app addons-add postgresql 1g",
      "--app my-app addons-add postgresql sandbox",
    );
    for (const each of Object.values(world.docker.instances)) each.rows.push("kept");
    rmSync(join(world.home, "state.json"));
    rmSync(join(world.home, "state.json.previous"));
    Object.assign(world.docker.instances["my-app-3031"]?.files ?? {}, {
      "addon.json": { content: "{", mode: 0o600 },
    });
    await world.run("doctor --fix");
    await world.run("doctor --fix");
    expect(Object.values(world.docker.instances).map(({ data, rows }) => ({ data, rows }))).toEqual([
      { data: true, rows: ["kept"] },
      { data: true, rows: ["kept"] },
    ]);
  });
});

describe("warnings exit 0", () => {
  test("data near and over the plan's disk", async () => {
    const world = await worldAfter("--app my-app addons-add postgresql sandbox");
    const at = async (megabytes: number): Promise<Result> => {
      instance(world).size = megabytes * 1024 ** 2;
      return world.must("doctor");
    };
    expect((await at(204)).stdout).not.toContain("warning");
    expect((await at(205)).stdout).toContain(
      "warning my-app-3030: 205 MB of data, plan sandbox has 256 MB\n",
    );
    expect((await at(300)).stdout).toContain(
      "warning my-app-3030: 300 MB of data, plan sandbox has 256 MB\n",
    );
    // And it goes on taking data: a line to be warned at, not a wall.
    const info = await world.must("--app my-app addons-info");
    expect(info.stderr).toBe("  /!\\  my-app-3030 takes 300 MB of the 256 MB of plan sandbox (117 %)\n");
  });

  test("a linked container that is gone, an env file that is gone or open to all", async () => {
    const world = await oneAddon();
    world.docker.containers["web"] = { networks: [], label: null, running: true, restarts: 0 };
    await world.must("--app my-app apps-link web --env-file a.env");
    await world.must("--app my-app env --env-file b.env");
    delete world.docker.containers["web"];
    chmodSync(join(world.folder, "a.env"), 0o644);
    rmSync(join(world.folder, "b.env"));
    const { stdout } = await world.must("doctor");
    expect(stdout.split("\n").filter((line) => line.startsWith("warning"))).toEqual([
      `warning The env file ${world.folder}/a.env can be read by everybody`,
      `warning The env file ${world.folder}/b.env is gone`,
      "warning my-app: the linked container web is gone",
    ]);
  });

  test("more plans than memory", async () => {
    const world = await worldAfter(
      "--app my-app addons-add postgresql 2g",
      "--app my-app addons-add postgresql 2g",
    );
    world.docker.memory = 3 * 1024 ** 3;
    expect((await world.must("doctor")).stdout).toContain(
      "warning The plans of running add-ons on docker add up to 4 GB of memory, the host has 3 GB\n",
    );
  });
});

describe("engines", () => {
  test("an engine that is away is remarked on; with add-ons on it, it is wrong", async () => {
    const world = newWorld();
    world.away.add("docker");
    expect((await world.must("doctor")).stdout).toContain("info    Engine docker: No docker here\n");
    const used = await oneAddon();
    used.away.add("docker");
    const found = await used.run("doctor");
    expect(found.code).toBe(1);
    expect(found.stdout).toContain(
      "error   Engine docker: No docker here; 1 add-on(s) are on it\n        → Start docker.\n",
    );
  });

  test("none at all", async () => {
    const world = newWorld();
    world.away.add("docker").add("local");
    const { code, stdout } = await world.run("doctor");
    expect(code).toBe(1);
    expect(stdout).toContain("error   No engine can run a database\n");
  });

  test("little disk", async () => {
    const world = newWorld();
    world.docker.diskFree = 500 * 1024 ** 2;
    const { code, stdout } = await world.run("doctor");
    expect(code).toBe(1);
    expect(stdout).toContain("error   Engine docker: 500 MB of disk free\n");
  });

  test("looking makes nothing: no home where there was none", async () => {
    const world = newWorld();
    await world.must("doctor");
    expect(existsSync(join(world.home, "state.json"))).toBe(false);
  });

  test("a rebuild while one engine is away takes what the others have and says what was not looked at", async () => {
    const world = await oneAddon();
    writeFileSync(join(world.home, "state.json"), "");
    world.away.add("local");
    const { stderr } = await world.run("doctor --fix");
    expect(stderr).toContain("  /!\\  No local here: what is there is not looked at\n");
    expect(world.addon(id).status).toBe("running");
  });
});

describe("a rebuild", () => {
  const plain = "SCALINGO_POSTGRESQL_URL";
  const replaced = (): Promise<World> =>
    worldAfter(
      "--app my-app addons-add postgresql 1g",
      "--app my-app addons-remove my-app-3030 --confirm my-app-3030",
      "--app my-app addons-add postgresql sandbox",
    );
  const damage = (world: World, previous: "previous too" | "only it"): void => {
    writeFileSync(join(world.home, "state.json"), "{");
    if (previous === "previous too") rmSync(join(world.home, "state.json.previous"));
  };
  const spoil = (world: World, of: string, change: object): void => {
    const file = world.docker.instances[of]?.files["addon.json"];
    if (file === undefined) throw new Error(`no record of ${of}`);
    const record = JSON.parse(file.content);
    file.content = JSON.stringify({ ...record, addon: { ...record.addon, ...change } });
  };

  test("gives no variable to two: the one that runs keeps it, the other has its number's", async () => {
    const world = await replaced();
    damage(world, "previous too");
    await world.must("doctor --fix");
    expect(world.addon("my-app-3031")).toMatchObject({ variable: plain, status: "running" });
    expect(world.addon(id)).toMatchObject({ variable: "SCALINGO_POSTGRESQL_3030_URL", status: "stopped" });
    expect(Object.keys(world.state().addons)).toEqual([id, "my-app-3031"]);
    expect(world.state().apps["my-app"]?.variables).toEqual({ DATABASE_URL: `$${plain}` });
  });

  test("nor does taking one back, which leaves DATABASE_URL as it is", async () => {
    const world = await replaced();
    await world.must("--app my-app env-unset DATABASE_URL");
    await openStore(world.home).update((state) => void delete state.addons[id]);
    await world.must("doctor --fix");
    expect(world.addon(id)).toMatchObject({ variable: "SCALINGO_POSTGRESQL_3030_URL", status: "stopped" });
    expect(world.addon("my-app-3031").variable).toBe(plain);
    expect(world.state().apps["my-app"]?.variables).toEqual({});
  });

  test("one that came back under another variable keeps that, though its record does not know", async () => {
    const world = await replaced();
    await world.must("--app my-app addons-restore my-app-3030");
    await world.must("--app my-app addons-remove my-app-3031 --confirm my-app-3031");
    await world.must("--app my-app env-set A=1");
    const before = world.state().addons;
    damage(world, "only it");
    await world.must("doctor --fix");
    expect(world.state().addons).toEqual(before);
  });

  test("forgets nothing that the document before knew, though the data's record is unreadable or gone", async () => {
    const world = await replaced();
    await world.must("--app my-app env-set A=1");
    const before = world.state().addons;
    damage(world, "only it");
    Object.assign(instance(world).files, { "addon.json": { content: "{", mode: 0o600 } });
    delete world.docker.instances["my-app-3031"];
    const fixed = await world.run("doctor --fix");
    expect(fixed.stderr).toContain(
      "  /!\\  docker-my-app-3030-data: it has no readable record beside its data; it is left alone\n",
    );
    expect(wrong(fixed)).toEqual(["error   my-app-3031: its data is gone"]);
    expect(world.state().addons).toEqual(before);
  });

  test.each([
    ["a port that is none", { port: 0 }, "port"],
    ["an app that cannot be named", { app: "No App" }, "app"],
    ["a plan that there is not", { plan: "huge" }, "plan huge is unknown"],
    ["another add-on", { nodes: [{ name: "x", instance: "x-1", role: "primary" }] }, "of another add-on"],
  ])(
    "a record with %s does not keep it from the others, nor its number from counting",
    async (_, bad, why) => {
      const world = await worldAfter(
        "--app my-app addons-add postgresql 1g",
        "--app my-app addons-add postgresql sandbox",
      );
      damage(world, "previous too");
      spoil(world, "my-app-3031", bad);
      const { stderr } = await world.run("doctor --fix");
      expect(stderr).toContain("-----> The state file has been rebuilt: my-app-3030\n");
      expect(stderr).toContain("/!\\  docker-my-app-3031-data: the record beside its data is ");
      expect(stderr).toContain(why);
      expect(Object.keys(world.state().addons)).toEqual([id]);
      expect(world.state().next_number).toBe(3032);
    },
  );

  test("an app of the document before that is invalid is made anew", async () => {
    const world = await oneAddon();
    const previous = world.state();
    Object.assign(previous.apps["my-app"] ?? {}, { created_at: "yesterday" });
    damage(world, "only it");
    writeFileSync(join(world.home, "state.json.previous"), JSON.stringify(previous));
    await world.must("doctor --fix");
    expect(world.state().apps["my-app"]?.variables).toEqual({ DATABASE_URL: `$${plain}` });
  });

  test("what only shows after it is mended in the same run", async () => {
    const world = await oneAddon();
    damage(world, "only it");
    world.docker.networks["pgaddon-gone"] = { app: "gone" };
    expect(await world.run("doctor --fix")).toMatchObject({ code: 0 });
    expect(Object.keys(world.docker.networks)).toEqual(["pgaddon-my-app"]);
  });

  test("of a newer document is told to be second to upgrading, and keeps it", async () => {
    const world = await oneAddon();
    writeFileSync(join(world.home, "state.json"), '{"version":99}');
    const { stdout } = await world.run("doctor");
    expect(stdout).toMatch(
      /newer pgaddon \(format 99\)\n {8}→ Nothing is wrong with it\. Upgrade pgaddon: npm .*--fix rebuilds it/,
    );
    await world.must("doctor --fix");
    expect(readdirSync(world.home).filter((name) => name.includes("unreadable"))).toHaveLength(1);
  });
});

describe("what others do meanwhile", () => {
  const two = (): Promise<World> =>
    worldAfter("--app my-app addons-add postgresql sandbox", "--app my-app addons-add postgresql sandbox");

  test("one that was stopped since it was looked at is not started", async () => {
    const world = await two();
    for (const each of Object.values(world.docker.instances)) each.running = false;
    let done = false;
    const fixed = await world.run("doctor --fix", {
      async interfere(event) {
        if (event !== "start before" || done) return;
        done = true;
        await world.must("--app my-app addons-stop my-app-3031");
      },
    });
    expect(fixed.code, fixed.screen).toBe(0);
    expect(instance(world).running).toBe(true);
    expect(world.docker.instances["my-app-3031"]).toMatchObject({ running: false, starts: 1 });
  });

  test("one that has been taken back by then is left as it is", async () => {
    const world = await oneAddon();
    await world.must("--app my-app addons-stop");
    await openStore(world.home).update((state) => {
      const entry = state.addons[id];
      if (entry !== undefined) entry.variable = "OTHER";
    });
    const before = world.bytes();
    const engine = fakeEngine("docker", world.docker, () => undefined);
    await adopt(contextOf(world), engine, id);
    expect(world.bytes()).toBe(before);
  });

  test("a start that a stray helper kept from succeeding succeeds in the next round", async () => {
    const world = await oneAddon();
    Object.assign(instance(world), { running: false, helpers: 1 });
    const fixed = await world.run("doctor --fix");
    expect(fixed.code, fixed.screen).toBe(0);
    expect(instance(world)).toMatchObject({ running: true, helpers: 0 });
  });
});

test("links that lead nowhere or in circles are passed over", async () => {
  const world = await oneAddon();
  symlinkSync("nothing", join(world.home, "broken"));
  symlinkSync("circle", join(world.home, "tls", "circle"));
  await world.must("--app my-app env --env-file a.env");
  rmSync(join(world.folder, "a.env"));
  symlinkSync("a.env", join(world.folder, "a.env"));
  expect((await world.must("doctor")).stdout).toContain(
    `warning The env file ${world.folder}/a.env is gone\n`,
  );
});

test("a port that is not the URL's is told", async () => {
  const world = await oneAddon();
  const { spec } = instance(world);
  if (spec !== null) spec.port = 31_999;
  const found = await world.run("doctor");
  expect(found.code).toBe(1);
  expect(wrong(found)).toEqual(["error   my-app-3030: is published on port 31999, its URL says 31000"]);
});

test("a helper of no instance is told when it stays; one that is gone a moment later is no stray", async () => {
  const world = await oneAddon();
  const engine = fakeEngine("docker", world.docker, () => undefined);
  const helper = { kind: "helper", instance: null, app: null, addon: null, running: false } as const;
  const lists = [["left", "brief"], ["left"]];
  const findings = await checkAddons(contextOf(world), [
    {
      ...engine,
      list: async () => [
        ...(await engine.list()),
        ...(lists.shift() ?? []).map((reference) => ({ ...helper, reference })),
      ],
    },
  ]);
  expect(findings.filter(({ level }) => level === "error")).toEqual([
    { level: "error", what: "Stray helper left", fix: "docker rm left" },
  ]);
});

function contextOf(world: World): Context {
  const stdin = terminal(Readable.from([]), false);
  const nowhere = (): Writable => new Writable({ write: (_chunk, _encoding, done) => done() });
  const [stdout, stderr] = [terminal(nowhere(), false), terminal(nowhere(), false)];
  return {
    output: createOutput({ stdin, stdout, stderr }, {}),
    env: {},
    cwd: world.folder,
    store: openStore(world.home),
    now: () => world.now,
    engine: async (name) => fakeEngine(name, world.docker, () => undefined),
    login: async () => undefined,
    signal: new AbortController().signal,
    ...{ stdin, stdout, stderr },
  };
}
