import { describe, expect, test } from "vitest";
import type { World } from "../fakes/world.ts";
import { changes, expectSound, factsOf, worldBefore } from "./changes.ts";

/** Runs the command once, and keeps what kill -9 would leave at each point where the engine or the store changes something. */
async function killedEverywhere(
  world: World,
  line: string,
  at = /./,
): Promise<{ event: string; left: World }[]> {
  const points: { event: string; left: World }[] = [];
  await world.run(line, {
    interfere(event) {
      if (at.test(event)) points.push({ event: `${points.length + 1}: ${event}`, left: world.copy() });
    },
  });
  return points;
}

/** A command that only reads. It may find that there is no app any more. */
const next = "--app my-app addons";

describe("killed at any point, the next command finishes or undoes it", () => {
  test.each(changes)("$what", async ({ before, line, several }) => {
    const world = await worldBefore(before);
    const atFirst = factsOf(world);
    const done = world.copy();
    await done.must(line);
    const atLast = factsOf(done);
    const points = await killedEverywhere(world.copy(), line);
    expect(points.length).toBeGreaterThan(4);
    const ends = new Set<string>();
    for (const { event, left } of points) {
      const interrupted = Object.values(left.state().addons).some(({ operation }) => operation !== null);
      const { stderr } = await left.run(next);
      try {
        expectSound(left);
        expect(stderr.includes("an interrupted ")).toBe(interrupted);
        if (several !== true) expect([atFirst, atLast]).toContainEqual(factsOf(left));
      } catch (error) {
        throw new Error(`killed at ${event}\n${stderr}`, { cause: error });
      }
      ends.add(JSON.stringify(factsOf(left)));
    }
    expect(ends).toContain(JSON.stringify(atFirst));
    expect(ends).toContain(JSON.stringify(atLast));
  });
});

describe("killed again while settling", () => {
  test.each(
    changes.filter(({ what }) =>
      ["add, the app made for it", "upgrade", "downgrade", "restore", "remove"].includes(what),
    ),
  )("$what", async ({ before, line }) => {
    const world = await worldBefore(before);
    let count = 0;
    for (const { left } of await killedEverywhere(world, line, /half|store after/)) {
      for (const again of await killedEverywhere(left, next, /half|store after/)) {
        await again.left.run(next);
        expectSound(again.left);
        count += 1;
      }
    }
    expect(count).toBeGreaterThan(3);
  });
});

describe("what settling says, and what it waits for", () => {
  test("an upgrade that had not got through is undone, one that had is finished", async () => {
    const { before = [], line = "" } = changes.find(({ what }) => what === "upgrade") ?? {};
    const points = await killedEverywhere(await worldBefore(before), line);
    const said = await Promise.all(points.map(async ({ left }) => (await left.run(next)).stderr));
    const at = "(begun 2025-01-02T03:04:05.000Z)";
    expect([...new Set(said)].sort()).toEqual([
      "",
      `-----> my-app-3030: finishing an interrupted change of plan ${at}\n`,
      `-----> my-app-3030: undoing an interrupted change of plan ${at}\n`,
    ]);
  });

  test("helpers of the killed command are ended before the data is touched", async () => {
    const { before = [], line = "" } = changes.find(({ what }) => what === "upgrade") ?? {};
    const points = await killedEverywhere(await worldBefore(before), line);
    const midway = points.find(({ event }) => event.endsWith("stop after"))?.left;
    expect(midway?.docker.instances["my-app-3030"]?.running).toBe(false);
    if (midway === undefined) return;
    Object.assign(midway.docker.instances["my-app-3030"] ?? {}, { helpers: 1 });
    await midway.run(next);
    expectSound(midway);
  });

  test("the engine is away: it is said, reading goes on, and it is settled once the engine is back", async () => {
    const { before = [], line = "" } = changes.find(({ what }) => what === "upgrade") ?? {};
    const points = await killedEverywhere(await worldBefore(before), line);
    const left = points.find(({ event }) => event.endsWith("stop after"))?.left;
    expect(left).toBeDefined();
    if (left === undefined) return;
    left.away.add("docker");
    const env = await left.run("--app my-app env");
    expect(env.code).toBe(0);
    expect(env.stdout).toContain("DATABASE_URL=$SCALINGO_POSTGRESQL_URL\n");
    expect(env.stderr).toContain(
      "  /!\\  my-app-3030: an interrupted change could not be settled: No docker here\n",
    );
    left.away.clear();
    await left.must("--app my-app env");
    expectSound(left);
  });

  test("an instance removed behind its back is made again from its data", async () => {
    const world = await worldBefore(["--app my-app addons-add postgresql 1g", "--app my-app addons-stop"]);
    Object.assign(world.docker.instances["my-app-3030"] ?? {}, { spec: null });
    await world.must("--app my-app addons-start");
    expectSound(world);
    expect(world.docker.instances["my-app-3030"]?.rows).toEqual(["row of my-app-3030"]);
  });

  test("no empty database takes the place of data that is gone", async () => {
    const world = await worldBefore(["--app my-app addons-add postgresql 1g", "--app my-app addons-stop"]);
    delete world.docker.instances["my-app-3030"];
    const { code, stderr } = await world.run("--app my-app addons-start");
    expect(code).toBe(1);
    expect(stderr).toContain(
      " !     The data of my-app-3030 is gone: the engine (docker) does not have it\n",
    );
    expect(world.docker.instances).toEqual({});
  });
});
