import { chmodSync, existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { oneAddon, newWorld, worldAfter } from "../fakes/world.ts";
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
