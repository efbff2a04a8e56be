import { describe, expect, test } from "vitest";
import { oneAddon } from "../fakes/world.ts";
import type { World } from "../fakes/world.ts";

const GB = 1024 ** 3;
const id = "my-app-3030";
const url = async (world: World): Promise<string> =>
  (await world.must("--app my-app env-get DATABASE_URL")).stdout;

describe("a change of plan", () => {
  test.each([
    ["up", "4g", 4 * GB, 250],
    ["down", "512m", GB / 2, 40],
    ["to the sandbox", "sandbox", GB / 8, 20],
  ])(
    "%s: settings, memory and CPU share follow; URL and data stay; one restart",
    async (_what, plan, memory, sessions) => {
      const world = await oneAddon();
      const before = await url(world);
      world.docker.instances[id]?.rows.push("kept");
      await world.must(`--app my-app addons-upgrade ${id} ${plan}`);
      const instance = world.docker.instances[id];
      expect(instance).toMatchObject({ running: true, starts: 2, rows: ["kept"] });
      expect(instance?.startedWith?.limits).toEqual({
        memory,
        cpuShares: Math.max(128, (memory / GB) * 1024),
      });
      expect(instance?.startedWith?.conf).toContain(`max_connections = ${sessions}\n`);
      expect(await url(world)).toBe(before);
      expect(world.addon(id)).toMatchObject({ plan, status: "running", operation: null });
      const record = JSON.parse(instance?.files["addon.json"]?.content ?? "{}");
      expect(record).toMatchObject({
        addon: { plan, status: "running", operation: null },
        limits: { memory },
      });
    },
  );

  test("one argument is the plan of the only add-on, or of --addon's", async () => {
    const world = await oneAddon();
    await world.must("--app my-app addons-upgrade 2g");
    expect(world.addon(id).plan).toBe("2g");
    await world.must("--app my-app addons-add postgresql sandbox");
    const refused = await world.run("--app my-app addons-upgrade 4g");
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toContain(" !     Which addon of 'my-app'?\n");
    await world.must("--app my-app addons-upgrade 4g --addon my-app-3031");
    expect(world.addon("my-app-3031").plan).toBe("4g");
    expect(world.addon(id).plan).toBe("2g");
  });

  test("a stopped add-on gets the plan and stays stopped", async () => {
    const world = await oneAddon();
    await world.must("--app my-app addons-stop");
    await world.must("--app my-app addons-upgrade 2g");
    expect(world.addon(id)).toMatchObject({ plan: "2g", status: "stopped" });
    expect(world.docker.instances[id]).toMatchObject({ running: false, starts: 1 });
    await world.must("--app my-app addons-start");
    expect(world.docker.instances[id]?.startedWith?.limits.memory).toBe(2 * GB);
    expect(world.docker.instances[id]?.startedWith?.conf).toContain("max_connections = 130\n");
  });

  test("linked containers are restarted after it, labelled ones too, others never", async () => {
    const world = await oneAddon();
    const container = { networks: [], running: true, restarts: 0 };
    world.docker.containers["web"] = { ...container, label: null };
    world.docker.containers["worker"] = { ...container, label: "my-app" };
    world.docker.containers["stranger"] = { ...container, label: "other" };
    world.docker.containers["asleep"] = { ...container, label: "my-app", running: false };
    await world.must("--app my-app apps-link web");
    const { stderr } = await world.must("--app my-app addons-upgrade 2g");
    expect(stderr).toBe(
      ["web", "worker", "asleep"].map((name) => `-----> Container ${name} has been restarted\n`).join(""),
    );
    const restarts = Object.entries(world.docker.containers).map(([name, each]) => [name, each.restarts]);
    expect(restarts).toEqual([
      ["web", 1],
      ["worker", 1],
      ["stranger", 0],
      ["asleep", 0],
    ]);
  });

  test("a linked container that is gone is said, and hinders nothing", async () => {
    const world = await oneAddon();
    world.docker.containers["web"] = { networks: [], label: null, running: true, restarts: 0 };
    await world.must("--app my-app apps-link web");
    delete world.docker.containers["web"];
    const { stderr } = await world.must("--app my-app addons-upgrade 2g");
    expect(stderr).toBe(
      "  /!\\  The linked container web is not there; `pgaddon --app my-app apps-unlink web` forgets it\n",
    );
    await world.must("--app my-app apps-unlink web");
    expect(world.state().apps["my-app"]?.links).toEqual([]);
  });
});

describe("refused before anything is touched", () => {
  const refusals: [what: string, line: string, arrange: (world: World) => void, stderr: string][] = [
    [
      "an unknown plan, with the nearest",
      "addons-upgrade my-app-3030 2gg",
      () => undefined,
      ` !     no plan 2gg found for addon postgresql
       Did you mean '2g', '16g' or '1g'?
       See \`pgaddon addons-plans postgresql\`.
`,
    ],
    [
      "more memory than the host has",
      "addons-upgrade 64g",
      ({ docker }) => void (docker.memory = 32 * GB),
      " !     Plan 64g needs 64 GB of memory; this host has 32 GB\n       See `pgaddon addons-plans postgresql` for smaller ones.\n",
    ],
    [
      "more connections open than the plan allows",
      "addons-upgrade sandbox",
      ({ docker }) => void Object.assign(docker.instances[id] ?? {}, { connections: 11 }),
      " !     11 connections are open, plan sandbox allows 10\n       Close some and try again.\n",
    ],
    [
      "data larger than the plan's disk",
      "addons-upgrade sandbox",
      ({ docker }) => void Object.assign(docker.instances[id] ?? {}, { size: 300 * 1024 ** 2 }),
      " !     The data takes 300 MB, plan sandbox has 256 MB\n",
    ],
    [
      "data larger than the plan's disk, of a stopped server",
      "addons-upgrade sandbox",
      ({ docker }) =>
        void Object.assign(docker.instances[id] ?? {}, { size: 300 * 1024 ** 2, running: false }),
      " !     The data takes 300 MB, plan sandbox has 256 MB\n",
    ],
    [
      "an unknown add-on",
      "addons-upgrade my-app-3031 2g",
      () => undefined,
      ` !     Addon my-app-3031 doesn't exist for app my-app
       Did you mean 'my-app-3030'?
       Existing addons:
         - my-app-3030 (PostgreSQL 1g)
`,
    ],
    [
      "no engine",
      "addons-upgrade 2g",
      ({ away }) => void away.add("docker"),
      " !     No docker here\n       Start docker.\n",
    ],
  ];

  test.each(refusals)("%s", async (_what, line, arrange, stderr) => {
    const world = await oneAddon();
    arrange(world);
    const before = { state: world.bytes(), machine: structuredClone(world.docker) };
    expect(await world.run(`--app my-app ${line}`)).toMatchObject({ code: 1, stdout: "", stderr });
    expect({ state: world.bytes(), machine: world.docker }).toEqual(before);
  });

  test("exactly as many connections, or as much data, as the plan has is let through", async () => {
    const world = await oneAddon();
    Object.assign(world.docker.instances[id] ?? {}, { connections: 10, size: 256 * 1024 ** 2 });
    await world.must("--app my-app addons-upgrade sandbox");
    expect(world.addon(id).plan).toBe("sandbox");
  });
});

test("plans that the host cannot hold together are warned about, when they grow and when they start", async () => {
  const world = await oneAddon();
  world.docker.memory = 3 * GB;
  await world.must("--app my-app addons-add postgresql 1g");
  const together = "  /!\\  The plans on this host now add up to 4 GB of memory, it has 3 GB\n";
  await world.must("--app my-app addons-upgrade my-app-3031 2g");
  world.docker.memory = 2 * GB;
  const grown = await world.must("--app my-app addons-upgrade my-app-3030 2g");
  expect(grown.stderr).toContain(together.replace("it has 3 GB", "it has 2 GB"));
  await world.must("--app my-app addons-stop my-app-3030");
  expect((await world.must("--app my-app addons-start my-app-3030")).stderr).toContain("now add up to 4 GB");
});
