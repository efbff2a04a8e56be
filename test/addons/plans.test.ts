import { describe, expect, test } from "vitest";
import { PLANS, findPlan, planOf } from "../../src/addons/plans.ts";
import { newWorld, oneAddon, worldAfter } from "../fakes/world.ts";

const MB = 1024 ** 2;
const GB = 1024 ** 3;

/** The page's table, written out: nothing here is computed the way the source computes it. */
const starters: [id: string, memory: number, disk: number, connections: number, alias: string][] = [
  ["512m", 512 * MB, 10 * GB, 30, "postgresql-starter-512"],
  ["1g", GB, 20 * GB, 60, "postgresql-starter-1024"],
  ["2g", 2 * GB, 40 * GB, 120, "postgresql-starter-2048"],
  ["4g", 4 * GB, 80 * GB, 240, "postgresql-starter-4096"],
  ["8g", 8 * GB, 160 * GB, 480, "postgresql-starter-8192"],
  ["16g", 16 * GB, 320 * GB, 960, "postgresql-starter-16384"],
  ["32g", 32 * GB, 640 * GB, 1920, "postgresql-starter-32768"],
  ["64g", 64 * GB, 1280 * GB, 3840, "postgresql-starter-65536"],
];
const largest: [size: string, memory: number, disk: number, connections: number, megabytes: string] = [
  "128g",
  128 * GB,
  2560 * GB,
  7680,
  "131072",
];
const retention = {
  sandbox: { manual: 1, manual_per_day: 2, daily: 0, weekly: 0, monthly: 0, pitr_days: 0 },
  starter: { manual: 10, manual_per_day: 10, daily: 7, weekly: 4, monthly: 0, pitr_days: 7 },
  business: { manual: 50, manual_per_day: 50, daily: 7, weekly: 8, monthly: 12, pitr_days: 14 },
  enterprise: { manual: 50, manual_per_day: 50, daily: 7, weekly: 8, monthly: 12, pitr_days: 30 },
};

const sandbox = {
  id: "sandbox",
  class: "sandbox",
  name: "Sandbox",
  aliases: ["free", "postgresql-sandbox"],
  memory: 128 * MB,
  disk: 256 * MB,
  connections: 10,
  nodes: 1,
  gateways: 0,
  retention: retention.sandbox,
};

describe("the table of plans", () => {
  test("sandbox and starter", () => {
    expect(PLANS.filter(({ nodes }) => nodes === 1)).toEqual([
      sandbox,
      ...starters.map(([id, memory, disk, connections, alias]) => ({
        id,
        class: "starter",
        name: `Starter ${id.toUpperCase()}`,
        aliases: [alias],
        memory,
        disk,
        connections,
        nodes: 1,
        gateways: 0,
        retention: retention.starter,
      })),
    ]);
  });

  test.each([
    ["business" as const, "Business", "512m", 2],
    ["enterprise" as const, "Enterprise", "4g", 3],
  ])("%s: every size, its nodes and gateways", (planClass, title, smallest, nodes) => {
    const from = starters.findIndex(([id]) => id === smallest);
    const rows = [
      ...starters
        .slice(from)
        .map(
          ([id, memory, disk, connections, alias]) =>
            [id, memory, disk, connections, alias.replace("postgresql-starter-", "")] as const,
        ),
      largest,
    ];
    expect(PLANS.filter((plan) => plan.class === planClass)).toEqual(
      rows.map(([size, memory, disk, connections, megabytes]) => ({
        id: `${planClass}-${size}`,
        class: planClass,
        name: `${title} ${size.toUpperCase()}`,
        aliases: [`postgresql-${planClass}-${megabytes}`],
        memory,
        disk,
        connections,
        nodes,
        gateways: nodes,
        retention: retention[planClass],
      })),
    );
  });

  test("no name stands for two plans, and each finds its own in any case of letters", () => {
    const names = PLANS.flatMap(({ id, aliases }) => [id, ...aliases]);
    expect(new Set(names).size).toBe(names.length);
    for (const plan of PLANS) {
      for (const name of [plan.id, ...plan.aliases]) {
        expect(findPlan(name)).toBe(plan);
        expect(findPlan(name.toUpperCase())).toBe(plan);
      }
    }
  });

  test.each([
    "",
    "3g",
    "128g",
    "1",
    "g",
    "constructor",
    "__proto__",
    "toString",
    "1g ",
    "business",
    "enterprise-512m",
    "enterprise-2g",
  ])("%j is no plan", (name) => expect(findPlan(name)).toBeUndefined());

  test("an id in the store that is no plan is a defect, not a guess", () => {
    expect(() => planOf("3g")).toThrow("the store names a plan that does not exist: 3g");
  });
});

describe("aliases", () => {
  test.each([
    ["free", "sandbox"],
    ["postgresql-sandbox", "sandbox"],
    ["postgresql-starter-1024", "1g"],
    ["POSTGRESQL-STARTER-512", "512m"],
  ])("%s is stored and shown as %s", async (typed, id) => {
    const world = newWorld();
    await world.must(`--app my-app addons-add postgresql ${typed}`);
    expect(world.addon("my-app-3030").plan).toBe(id);
    expect((await world.must("--app my-app addons")).stdout).toMatch(
      new RegExp(`\\| PostgreSQL \\| my-app-3030 \\| ${id} +\\|`),
    );
    const { stdout } = await world.must("--app my-app addons --format json");
    expect(JSON.parse(stdout).addons[0].plan).toBe(id);
    expect((await world.run(`--app my-app addons-upgrade ${id}`)).stderr).toBe(
      `-----> my-app-3030 has plan ${id} already\n`,
    );
  });

  test("upgrade by alias", async () => {
    const world = await oneAddon();
    await world.must("--app my-app addons-upgrade postgresql-starter-2048");
    expect(world.addon("my-app-3030").plan).toBe("2g");
  });
});

describe("clusters are listed and refused", () => {
  const clusters = PLANS.filter(({ nodes }) => nodes > 1);

  test.each(clusters.map((plan) => [plan.id, plan.nodes] as const))("%s", async (id, nodes) => {
    const world = newWorld();
    const added = await world.run(`--app my-app addons-add postgresql ${id}`);
    expect(added).toMatchObject({ code: 1, stdout: "" });
    expect(added.stderr).toContain(
      ` !     Plan ${id} is a cluster of ${nodes} nodes: clusters are not available yet\n`,
    );
    expect(world.bytes()).toBe("");
    const grown = await (await oneAddon()).run(`--app my-app addons-upgrade ${id}`);
    expect(grown).toMatchObject({ code: 1, stdout: "" });
    expect(grown.stderr).toContain(` !     Plan ${id} is a cluster of ${nodes} nodes`);
  });

  test("the hint names a plan that can be had", async () => {
    for (const { id } of clusters) {
      const { stderr } = await newWorld().run(`--app my-app addons-add postgresql ${id}`);
      const hint = /The starter plan of the same size is (.+)\.\n/.exec(stderr)?.[1];
      if (hint !== undefined) expect(findPlan(hint)).toMatchObject({ nodes: 1 });
      else expect(stderr).not.toContain("same size");
    }
  });
});

describe("memory of the host", () => {
  test("a plan above it is refused, the sum of plans above it is warned about", async () => {
    const world = await worldAfter("create my-app");
    world.docker.memory = 3 * GB;
    const before = world.bytes();
    expect(await world.run("--app my-app addons-add postgresql 4g")).toMatchObject({
      code: 1,
      stdout: "",
      stderr: ` !     Plan 4g needs 4 GB of memory; this host has 3 GB
       See \`pgaddon addons-plans postgresql\` for smaller ones.
`,
    });
    expect(world.bytes()).toBe(before);
    expect((await world.must("--app my-app addons-add postgresql 2g")).stderr).toBe("");
    expect((await world.must("--app my-app addons-add postgresql 1g")).stderr).toBe("");
    expect((await world.must("--app my-app addons-add postgresql 512m")).stderr).toBe(
      "  /!\\  The plans on this host now add up to 3.5 GB of memory, it has 3 GB\n",
    );
    // What is stopped or removed takes none.
    await world.must("--app my-app addons-stop my-app-3030");
    expect((await world.must("--app my-app addons-add postgresql 1g")).stderr).toBe("");
  });
});
