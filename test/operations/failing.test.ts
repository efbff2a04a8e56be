import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { EngineUnavailableError, UserError } from "../../src/errors.ts";
import { interruptAt } from "../fakes/world.ts";
import type { World } from "../fakes/world.ts";
import { changes, expectSound, factsOf, worldBefore } from "./changes.ts";

async function eventsOf(world: World, line: string): Promise<string[]> {
  const events: string[] = [];
  await world.run(line, { interfere: (event) => void events.push(event) });
  return events;
}

/** Fails at the event of this number (from 0), and at all after it when `forGood`. */
function failAt(number: number, error: () => Error, forGood: boolean): (event: string) => void {
  let count = -1;
  return (event) => {
    count += 1;
    // A store that cannot be written is store.test.ts's business.
    if (!event.startsWith("store") && (forGood ? count >= number : count === number)) throw error();
  };
}

const next = "--app my-app addons";

describe("a step fails", () => {
  test.each(changes)("$what", async ({ before, line, several }) => {
    const base = await worldBefore(before);
    const atFirst = factsOf(base);
    const done = base.copy();
    const events = await eventsOf(done, line);
    const atLast = factsOf(done);
    for (const [number, event] of events.entries()) {
      if (event.startsWith("store")) continue;
      const world = base.copy();
      const failed = await world.run(line, {
        interfere: failAt(number, () => new UserError("no space left"), false),
      });
      try {
        // Either it said what failed, or the failure was of something that it can do without.
        if (failed.code !== 0) expect(failed.stderr).toContain(" !     no space left\n");
        const pending = Object.values(world.state().addons).some(({ operation }) => operation !== null);
        // What is not journalled has been undone on the spot.
        if (!pending) expectSound(world);
        if (!pending && several !== true) expect([atFirst, atLast]).toContainEqual(factsOf(world));
        await world.run(next);
        expectSound(world);
        if (several !== true) expect([atFirst, atLast]).toContainEqual(factsOf(world));
      } catch (error) {
        throw new Error(`failed at ${number}: ${event}\n${failed.screen}`, { cause: error });
      }
    }
  });
});

describe("the engine stops answering half-way", () => {
  test.each(changes)("$what", async ({ before, line }) => {
    const base = await worldBefore(before);
    const events = await eventsOf(base.copy(), line);
    let journalled = 0;
    for (const [number, event] of events.entries()) {
      if (event.startsWith("store")) continue;
      const world = base.copy();
      const gone = (): Error =>
        new EngineUnavailableError("Docker does not answer", { hint: "Is it running?" });
      const failed = await world.run(line, { interfere: failAt(number, gone, true) });
      expect(failed.code).toBe(1);
      expect(failed.stderr).toContain(" !     Docker does not answer\n       Is it running?\n");
      if (Object.values(world.state().addons).some(({ operation }) => operation !== null)) journalled += 1;
      await world.run(next);
      try {
        expectSound(world);
      } catch (error) {
        throw new Error(`gone from ${number}: ${event}\n${failed.screen}`, { cause: error });
      }
    }
    expect(journalled).toBeGreaterThan(0);
  });
});

describe("Ctrl-C", () => {
  test.each(changes)(
    "$what: 130, and undone, or past the point of no return finished",
    async ({ before, line, several }) => {
      const base = await worldBefore(before);
      const atFirst = factsOf(base);
      const done = base.copy();
      const events = await eventsOf(done, line);
      const atLast = factsOf(done);
      const outcomes = new Set<"undone" | "finished">();
      for (const [number, event] of events.entries()) {
        const world = base.copy();
        const { code, stderr } = await world.run(line, interruptAt(number + 1));
        const undone = /^ ! {5}Interrupted$/m.test(stderr);
        outcomes.add(undone ? "undone" : "finished");
        try {
          expectSound(world);
          expect(code).toBe(130);
          if (several !== true) expect(factsOf(world)).toEqual(undone ? atFirst : atLast);
        } catch (error) {
          throw new Error(`interrupted at ${number}: ${event}\n${stderr}`, { cause: error });
        }
      }
      // Removing begins at its point of no return.
      if (!/remove|purge|stop$|destroy/.test(line)) expect(outcomes).toContain("undone");
    },
  );

  test("before anything began", async () => {
    const world = await worldBefore(["--app my-app addons-add postgresql 1g"]);
    const before = world.bytes();
    const stop = AbortSignal.abort(new (await import("../../src/errors.ts")).InterruptedError());
    expect(await world.run("--app my-app addons-upgrade 4g", { signal: stop })).toMatchObject({
      code: 130,
      stdout: "",
    });
    expect(world.bytes()).toBe(before);
  });
});

describe("who else is at it", () => {
  test("a second change of the same add-on waits, says for whom, and then does its own", async () => {
    const world = await worldBefore(["--app my-app addons-add postgresql 1g"]);
    let second: ReturnType<World["run"]> | undefined;
    const first = await world.must("--app my-app addons-upgrade 4g", {
      async interfere(event) {
        if (event !== "stop before") return;
        second = world.run("--app my-app addons-stop my-app-3030");
        // The first goes on once the second has met its lock.
        await new Promise((resolve) => setTimeout(resolve, 50));
      },
    });
    const waited = await second;
    expect(first.stdout).toContain("has been upgraded");
    expect(waited).toMatchObject({ code: 0, stdout: "-----> Addon my-app-3030 has been stopped\n" });
    expect(waited?.stderr).toBe(
      `-----> Waiting for another command on my-app-3030: process ${process.pid} (upgrade) holds it\n`,
    );
    expect(world.addon("my-app-3030")).toMatchObject({ plan: "4g", status: "stopped" });
  });

  test("a command that only reads does not wait, and does not settle what another is doing", async () => {
    const world = await worldBefore(["--app my-app addons-add postgresql 1g"]);
    const seen: string[] = [];
    await world.must("--app my-app addons-upgrade 4g", {
      async interfere(event) {
        if (event === "stop after") seen.push((await world.must("--app my-app addons")).screen);
      },
    });
    expect(seen).toHaveLength(1);
    expect(seen[0]).toContain("| PostgreSQL | my-app-3030 | 1g   |");
    expect(seen[0]).toContain("-----> my-app-3030 is updating\n");
    expect(world.addon("my-app-3030").plan).toBe("4g");
  });

  test("the port is snatched between choosing and binding: the next one is taken", async () => {
    const world = await worldBefore([]);
    const result = await world.must("--app my-app addons-add postgresql 1g", {
      interfere(event) {
        if (event === "create after") world.docker.takenPorts.push(31_000);
      },
    });
    expect(result.stdout).toContain("       ID: my-app-3030\n");
    expect(result.stderr).toBe("-----> App my-app has been created\n");
    expect(world.addon("my-app-3030").port).toBe(31_001);
    expectSound(world);
  });

  test("an add-on whose port was taken by another program says so and keeps its port", async () => {
    const world = await worldBefore(["--app my-app addons-add postgresql 1g", "--app my-app addons-stop"]);
    world.docker.takenPorts.push(31_000);
    const { code, stderr } = await world.run("--app my-app addons-start");
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: ` !     my-app-3030 cannot start: port 31000 is used by another program
       Free it and run \`pgaddon --app my-app addons-start my-app-3030\`.
`,
    });
    expect(world.addon("my-app-3030")).toMatchObject({ status: "stopped", port: 31_000, operation: null });
  });
});

describe("readiness", () => {
  test("a server that does not stay up is told with its reason, and undone", async () => {
    const world = await worldBefore([]);
    const result = await world.run("--app my-app addons-add postgresql 1g", {
      interfere(event) {
        const instance = world.docker.instances["my-app-3030"];
        if (event === "start after" && instance !== undefined)
          Object.assign(instance, { running: false, reason: "exit code 1" });
      },
    });
    expect(result).toMatchObject({ code: 1, stdout: "" });
    expect(result.stderr).toContain(" !     The server of my-app-3030 does not stay up: exit code 1\n");
    expect(world.state().addons).toEqual({});
    expect(world.docker.instances).toEqual({});
  });

  test("one that answers with a refusal is up, which is told; a new one must let us in", async () => {
    const world = await worldBefore(["--app my-app addons-add postgresql 1g"]);
    const refuse = (refuses: { code: string; message: string }) => ({
      interfere(event: string) {
        if (event === "start after") Object.assign(world.docker.instances["my-app-3030"] ?? {}, { refuses });
      },
    });
    await world.must(
      "--app my-app restart --addon my-app-3030",
      refuse({ code: "53300", message: "too many" }),
    );
    const { stderr } = await world.must(
      "--app my-app restart --addon my-app-3030",
      refuse({ code: "28P01", message: "password authentication failed" }),
    );
    expect(stderr).toContain(
      "  /!\\  my-app-3030 runs, and refuses the login that pgaddon knows: password authentication failed\n",
    );
    const added = await world.run("--app my-app addons-add postgresql 1g", {
      interfere(event: string) {
        if (event !== "start after") return;
        const refuses = { code: "28P01", message: "password authentication failed" };
        Object.assign(world.docker.instances["my-app-3031"] ?? {}, { refuses });
      },
    });
    expect(added.code).toBe(1);
    expect(added.stderr).toContain(" !     my-app-3031: password authentication failed\n");
    expect(world.state().addons["my-app-3031"]).toBeUndefined();
  });

  test("on another machine it is asked from inside", async () => {
    const world = await worldBefore([]);
    world.docker.remote = true;
    const result = await world.must("--app my-app addons-add postgresql 1g");
    expect(result.stderr).toContain("reach it with `pgaddon --app my-app db-tunnel SCALINGO_POSTGRESQL_URL`");
    expectSound(world);
  });
});

describe("what is not ours", () => {
  test("a number given out again, over data that is there, is refused, and the data stays", async () => {
    const world = await worldBefore(["--app my-app addons-add postgresql 1g"]);
    // As in a home brought back from an old copy.
    const { addons: _, ...older } = { ...world.state(), next_number: 3030 };
    writeFileSync(join(world.home, "state.json"), JSON.stringify({ ...older, addons: {} }));
    const again = await world.run("--app my-app addons-add postgresql 1g");
    expect(again.code).toBe(1);
    expect(again.stderr).toContain("There is a database my-app-3030 already");
    expect(world.docker.instances["my-app-3030"]).toMatchObject({ running: true });
  });
});
