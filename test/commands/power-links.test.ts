import { describe, expect, test } from "vitest";
import { START, newWorld, oneAddon, worldAfter } from "../fakes/world.ts";
import type { World } from "../fakes/world.ts";

const id = "my-app-3030";
const web = { networks: [] as string[], label: null, running: true, restarts: 0 };

describe("stop, start, restart", () => {
  test("stopped is kept, said by addons, and undone by start; each can be said twice", async () => {
    const world = await oneAddon();
    for (let time = 0; time < 2; time += 1) {
      expect(await world.run("--app my-app addons-stop")).toMatchObject({
        code: 0,
        stdout: `-----> Addon ${id} has been stopped\n`,
      });
      expect(world.docker.instances[id]?.running).toBe(false);
    }
    expect((await world.must("--app my-app addons")).stderr).toBe(`-----> ${id} is stopped\n`);
    // Its variables stay: it is only asleep.
    expect((await world.must("--app my-app env")).stdout).toContain("DATABASE_URL=");
    for (let time = 0; time < 2; time += 1) {
      expect(await world.run("--app my-app addons-start")).toMatchObject({
        code: 0,
        stdout: `-----> Addon ${id} has been started\n`,
      });
    }
    expect(world.docker.instances[id]).toMatchObject({ running: true, starts: 2 });
  });

  test("restart --addon restarts the database; a stopped one is refused", async () => {
    const world = await oneAddon();
    await world.must(`--app my-app restart --addon ${id}`);
    expect(world.docker.instances[id]).toMatchObject({ running: true, starts: 2 });
    await world.must("--app my-app addons-stop");
    expect(await world.run("--app my-app restart --addon postgresql")).toMatchObject({
      code: 1,
      stdout: "",
      stderr: ` !     ${id} is stopped\n       Start it with \`pgaddon --app my-app addons-start ${id}\`.\n`,
    });
  });

  test("restart restarts the linked containers and no database", async () => {
    const world = await oneAddon();
    world.docker.containers["web"] = structuredClone(web);
    await world.must("--app my-app apps-link web");
    expect(await world.run("--app my-app restart --synchronous")).toMatchObject({
      code: 0,
      stdout: "Your application is being restarted.\nYour application has been restarted.\n",
      stderr: "-----> Container web has been restarted\n",
    });
    expect(world.docker.containers["web"]?.restarts).toBe(1);
    expect(world.docker.instances[id]?.starts).toBe(1);
  });

  test("an app on local processes has no containers, and asks no Docker for them", async () => {
    const world = await worldAfter("--app my-app addons-add postgresql 1g --engine local");
    world.away.add("docker");
    expect(await world.run("--app my-app restart")).toMatchObject({ code: 0 });
    await world.must("--app my-app addons-upgrade 2g");
    expect(world.addon(id).plan).toBe("2g");
  });
});

describe("links", () => {
  async function linked(): Promise<World> {
    const world = await oneAddon();
    world.docker.containers["web"] = structuredClone(web);
    await world.must("--app my-app apps-link web");
    return world;
  }

  test("joins the app's network, once, and is shown by apps", async () => {
    const world = await linked();
    await world.must("--app my-app apps-link web");
    expect(world.docker.containers["web"]?.networks).toEqual(["pgaddon-my-app"]);
    expect(JSON.parse((await world.must("apps --format json")).stdout).apps[0].links).toEqual(["web"]);
  });

  test("unlink leaves the network and the container alone; twice is an error that names what is linked", async () => {
    const world = await linked();
    await world.must("--app my-app apps-unlink web");
    expect(world.docker.containers["web"]).toEqual({ ...web, networks: [] });
    expect(await world.run("--app my-app apps-unlink web")).toMatchObject({
      code: 1,
      stderr: " !     The container 'web' is not linked to my-app\n       It has none.\n",
    });
  });

  test("an unknown container is refused, and nothing is remembered", async () => {
    const world = await oneAddon();
    const before = world.bytes();
    expect(await world.run("--app my-app apps-link nope")).toMatchObject({ code: 1, stdout: "" });
    expect(world.bytes()).toBe(before);
  });

  test("an app without add-ons gets its network with its first link", async () => {
    const world = await worldAfter("create my-app");
    world.docker.containers["web"] = structuredClone(web);
    await world.must("--app my-app apps-link web");
    expect(world.docker.networks).toEqual({ "pgaddon-my-app": { app: "my-app" } });
    await world.must("destroy my-app --confirm my-app");
    expect(world.docker.networks).toEqual({});
  });

  test("purging an app never touches a user's container, labelled or linked", async () => {
    const world = await linked();
    world.docker.containers["worker"] = { ...structuredClone(web), label: "my-app" };
    await world.must("destroy my-app --confirm my-app --purge");
    await world.must("doctor --fix");
    expect(Object.keys(world.docker.containers)).toEqual(["web", "worker"]);
    expect(world.docker.containers["worker"]?.restarts).toBe(0);
  });
});

describe("ids", () => {
  test("numbers are never given twice, whatever was removed in between", async () => {
    const world = newWorld();
    const seen: string[] = [];
    for (let time = 0; time < 3; time += 1) {
      const { stdout } = await world.must("--app my-app addons-add postgresql sandbox");
      const made = /ID: (\S+)/.exec(stdout)?.[1] ?? "";
      seen.push(made);
      await world.must(`--app my-app addons-remove --confirm ${made} --purge`);
    }
    expect(seen).toEqual(["my-app-3030", "my-app-3031", "my-app-3032"]);
  });

  test("many at once: all succeed, ids, ports, passwords and variables are each their own", async () => {
    const world = newWorld();
    const results = await Promise.all(
      Array.from({ length: 12 }, () => world.run("--app my-app addons-add postgresql sandbox")),
    );
    expect(results.map(({ code }) => code)).toEqual(Array<number>(12).fill(0));
    const addons = Object.values(world.state().addons);
    expect(addons).toHaveLength(12);
    for (const key of ["id", "uuid", "port", "password", "variable", "database"] as const) {
      expect({ key, different: new Set(addons.map((addon) => addon[key])).size }).toEqual({
        key,
        different: 12,
      });
    }
    expect(addons.every(({ created_at }) => created_at === START.toISOString())).toBe(true);
  });
});
