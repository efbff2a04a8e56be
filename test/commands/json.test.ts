import { describe, expect, test } from "vitest";
import { oneAddon, worldAfter } from "../fakes/world.ts";
import type { World } from "../fakes/world.ts";

const json = async (world: World, line: string): Promise<ReturnType<typeof JSON.parse>> => {
  const { stdout, stderr } = await world.must(`${line} --format json`);
  expect(stderr).toBe("");
  return JSON.parse(stdout);
};
const keys = (value: unknown): string[] => Object.keys(Object(value));
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const addonKeys = [
  "id",
  "uuid",
  "app",
  "type",
  "plan",
  "status",
  "engine",
  "version",
  "host",
  "port",
  "database",
  "created_at",
];

describe("--format json: the keys are part of the interface", () => {
  test("addons", async () => {
    const world = await oneAddon();
    const document = await json(world, "--app my-app addons");
    expect(keys(document)).toEqual(["addons"]);
    const [addon] = document.addons;
    expect(keys(addon)).toEqual(addonKeys);
    expect(addon).toEqual({
      id: "my-app-3030",
      uuid: expect.stringMatching(/^ad-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      app: "my-app",
      type: "postgresql",
      plan: "1g",
      status: "running",
      engine: "docker",
      version: "17.11",
      host: "127.0.0.1",
      port: 31_000,
      database: "my_app_3030",
      created_at: expect.stringMatching(time),
    });
  });

  test("addons --removed: when it was, and until when it can be undone", async () => {
    const world = await worldAfter(
      "--app my-app addons-add postgresql 1g",
      "--app my-app addons-remove --confirm my-app-3030",
    );
    const { addons } = await json(world, "--app my-app addons --removed");
    expect(addons).toEqual([
      expect.objectContaining({
        status: "removed",
        removed_at: expect.stringMatching(time),
        purge_at: expect.stringMatching(time),
      }),
    ]);
    expect(await json(world, "--app my-app addons")).toEqual({ addons: [] });
  });

  test("addons-info", async () => {
    const world = await oneAddon();
    Object.assign(world.docker.instances["my-app-3030"] ?? {}, { connections: 3 });
    const document = await json(world, "--app my-app addons-info");
    expect(keys(document)).toEqual(["addon"]);
    const addon = document.addon;
    expect(keys(addon).slice(0, addonKeys.length)).toEqual(addonKeys);
    expect(addon).toMatchObject({
      limits: { memory: 1024 ** 3, disk: 20 * 1024 ** 3, connections: 60 },
      connections: 3,
      data_size: 8_000_000,
      network: "pgaddon-my-app",
      features: [
        { name: "force-ssl", status: "disabled" },
        { name: "publicly-available", status: "disabled" },
      ],
      nodes: [{ role: "primary", status: "running", synchronous: false, lag_bytes: null }],
    });
    const [node] = addon.nodes;
    expect(keys(node)).toEqual(["name", "instance", "role", "status", "synchronous", "lag_bytes"]);
  });

  test("addons-info of a stopped one, and of one whose engine is away", async () => {
    const world = await worldAfter("--app my-app addons-add postgresql 1g", "--app my-app addons-stop");
    expect(await json(world, "--app my-app addons-info")).toMatchObject({
      addon: { status: "stopped", connections: null, data_size: null, nodes: [{ status: "stopped" }] },
    });
    world.away.add("docker");
    const { stdout } = await world.must("--app my-app addons-info --format json");
    expect(JSON.parse(stdout)).toMatchObject({
      addon: { status: "stopped", nodes: [{ status: "unknown" }] },
    });
  });

  test("env: one object of names and values, aliases as they are", async () => {
    const world = await oneAddon();
    await world.must(["--app", "my-app", "env-set", "A=line\nbreak \"'"]);
    const document = await json(world, "--app my-app env");
    expect(document).toEqual({
      A: "line\nbreak \"'",
      DATABASE_URL: "$SCALINGO_POSTGRESQL_URL",
      SCALINGO_POSTGRESQL_URL: expect.stringMatching(
        /^postgres:\/\/my_app_3030:[\w-]{32}@127\.0\.0\.1:31000\/my_app_3030$/,
      ),
    });
  });

  test("apps", async () => {
    const world = await worldAfter("--app my-app addons-add postgresql 1g", "create b", "create a");
    expect(await json(world, "apps")).toEqual({
      apps: [
        { name: "a", addons: [], network: null, links: [], created_at: expect.stringMatching(time) },
        { name: "b", addons: [], network: null, links: [], created_at: expect.stringMatching(time) },
        {
          name: "my-app",
          addons: ["my-app-3030"],
          network: "pgaddon-my-app",
          links: [],
          created_at: expect.stringMatching(time),
        },
      ],
    });
  });

  test("addons-list, addons-plans, doctor: one named key", async () => {
    const world = await oneAddon();
    expect(await json(world, "addons-list")).toEqual({
      addon_providers: [{ id: "postgresql", name: "PostgreSQL" }],
    });
    const plans = await json(world, "addons-plans postgresql");
    expect(keys(plans)).toEqual(["plans"]);
    for (const plan of plans.plans) {
      expect(keys(plan)).toEqual([
        "id",
        "class",
        "name",
        "aliases",
        "memory",
        "disk",
        "connections",
        "nodes",
        "gateways",
        "retention",
      ]);
    }
    const doctor = await json(world, "doctor");
    expect(keys(doctor)).toEqual(["findings"]);
    for (const finding of doctor.findings) expect(keys(finding)).toEqual(["level", "what", "fix"]);
  });

  test("every key everywhere is snake_case, and no password is in any but env", async () => {
    const world = await oneAddon();
    const { password } = world.addon("my-app-3030");
    const named = (value: unknown): string[] =>
      Array.isArray(value)
        ? value.flatMap(named)
        : typeof value === "object" && value !== null
          ? Object.entries(value).flatMap(([key, inner]) => [key, ...named(inner)])
          : [];
    for (const line of [
      "apps",
      "addons-list",
      "addons-plans postgresql",
      "doctor",
      "--app my-app addons",
      "--app my-app addons-info",
    ]) {
      const document = await json(world, line);
      for (const key of named(document)) expect(key).toMatch(/^[a-z][a-z0-9_]*$/);
      expect(JSON.stringify(document)).not.toContain(password);
    }
  });
});
