import { describe, expect, test } from "vitest";
import { newWorld, oneAddon, worldAfter } from "../fakes/world.ts";

const add = "--app my-app addons-add postgresql sandbox";
const unset = { PGADDON_ENGINE: "" };

describe("which engine a new add-on runs on", () => {
  test.each([
    ["the option wins", `${add} --engine local`, { PGADDON_ENGINE: "docker" }, "local"],
    ["then $PGADDON_ENGINE", add, { PGADDON_ENGINE: "local" }, "local"],
    ["else Docker when it answers", add, unset, "docker"],
  ])("%s", async (_what, line, env, engine) => {
    const world = newWorld();
    expect((await world.must(line, { env })).stderr).toBe("-----> App my-app has been created\n");
    expect(world.addon("my-app-3030").engine).toBe(engine);
  });

  test("else local, which is said", async () => {
    const world = newWorld();
    world.away.add("docker");
    const { stderr } = await world.must(add, { env: unset });
    expect(stderr).toBe(
      "-----> No Docker engine answers: using local server processes (No docker here)\n-----> App my-app has been created\n",
    );
    expect(world.addon("my-app-3030").engine).toBe("local");
    // The next one the same way: what is there is local.
    expect(await world.run(add, { env: unset })).toMatchObject({ code: 0 });
  });

  test("a home with Docker add-ons never falls back silently", async () => {
    const world = await oneAddon();
    world.away.add("docker");
    const before = world.bytes();
    expect(await world.run(add, { env: unset })).toMatchObject({
      code: 1,
      stdout: "",
      stderr: ` !     No docker here; this home has add-ons on Docker
       Start docker.
       Or say --engine local to put this one beside them as local processes.
`,
    });
    expect(world.bytes()).toBe(before);
    await world.must(`${add} --engine local`);
    expect(world.addon("my-app-3031").engine).toBe("local");
  });

  test.each([
    [
      "--engine podman",
      {},
      "option '--engine <engine>' argument 'podman' is invalid. Allowed choices are docker, local.",
    ],
    ["", { PGADDON_ENGINE: "podman" }, "Unknown engine 'podman'"],
  ])("an engine that there is not: %s %j", async (more, env, why) => {
    const world = newWorld();
    const result = await world.run(`${add} ${more}`, { env });
    expect(result).toMatchObject({ code: 2, stdout: "" });
    expect(result.stderr).toContain(` !     ${why}\n`);
    expect(world.bytes()).toBe("");
  });

  test("asked for and away is an error", async () => {
    const world = newWorld();
    world.away.add("docker");
    expect(await world.run(`${add} --engine docker`)).toMatchObject({
      code: 1,
      stdout: "",
      stderr: " !     No docker here\n       Start docker.\n",
    });
    expect(world.bytes()).toBe("");
  });

  test("an add-on remembers its engine", async () => {
    const world = await worldAfter(`${add} --engine local`, `${add} --engine docker`);
    for (const [id, machine] of [
      ["my-app-3030", world.local],
      ["my-app-3031", world.docker],
    ] as const) {
      await world.must(`--app my-app addons-stop ${id}`, { env: unset });
      expect(machine.instances[id]?.running).toBe(false);
      await world.must(`--app my-app addons-upgrade ${id} 1g`);
      await world.must(`--app my-app addons-start ${id}`);
      expect(machine.instances[id]?.running).toBe(true);
    }
  });

  test("reading needs no engine", async () => {
    const world = await oneAddon();
    world.away.add("docker").add("local");
    for (const line of [
      "apps",
      "--app my-app addons",
      "--app my-app env",
      "--app my-app env-get DATABASE_URL",
      "--help",
    ]) {
      expect(await world.run(line)).toMatchObject({ code: 0, stderr: "" });
    }
    const info = await world.run("--app my-app addons-info");
    expect(info).toMatchObject({ code: 0, stderr: "  /!\\  What runs could not be asked: No docker here\n" });
    expect(info.stdout).toContain("| Status                 | running");
  });
});

describe("the local engine after a reboot", () => {
  test("the next command that reads starts what should run, and says so", async () => {
    const world = await worldAfter(`${add} --engine local`);
    Object.assign(world.local.instances["my-app-3030"] ?? {}, { running: false });
    expect((await world.must("--app my-app env")).stderr).toBe(
      "-----> Starting my-app-3030: it was not running\n",
    );
    expect(world.local.instances["my-app-3030"]?.running).toBe(true);
    expect((await world.must("--app my-app env")).stderr).toBe("");
  });

  test("a stopped one stays stopped, a Docker one is the engine's business", async () => {
    const world = await worldAfter(
      `${add} --engine local`,
      "--app my-app addons-stop",
      `${add} --engine docker`,
    );
    Object.assign(world.docker.instances["my-app-3031"] ?? {}, { running: false });
    expect((await world.must("--app my-app env")).stderr).toBe("");
    expect(world.local.instances["my-app-3030"]?.running).toBe(false);
    expect(world.docker.instances["my-app-3031"]?.running).toBe(false);
  });

  test("one that does not start is warned about; reading goes on", async () => {
    const world = await worldAfter(`${add} --engine local`);
    Object.assign(world.local.instances["my-app-3030"] ?? {}, { running: false });
    world.local.takenPorts.push(31_000);
    const { code, stdout, stderr } = await world.run("--app my-app env");
    expect(code).toBe(0);
    expect(stdout).toContain("SCALINGO_POSTGRESQL_URL=");
    expect(stderr).toContain(
      "  /!\\  my-app-3030 is not running and could not be started: my-app-3030 cannot start: port 31000",
    );
  });
});

describe("versions", () => {
  test("--pg-version 15, and 17 without", async () => {
    const world = await worldAfter(`${add} --pg-version 15`, add);
    expect([world.addon("my-app-3030").version, world.addon("my-app-3031").version]).toEqual([
      "15.19",
      "17.11",
    ]);
  });

  test("one that cannot be had: what there is, and nothing is left behind", async () => {
    const world = newWorld();
    const { code, stderr } = await world.run(`${add} --pg-version 9`);
    expect(code).toBe(1);
    expect(stderr).toContain(" !     PostgreSQL 9 is not available\n       There are: 17, 15.\n");
    expect(world.state()).toMatchObject({ apps: {}, addons: {} });
  });

  test("an install without pg_dump: addons and doctor say that backups are not possible", async () => {
    const world = newWorld();
    world.docker.clientTools = false;
    expect((await world.must(add)).stderr).toContain(
      "  /!\\  my-app-3030: this PostgreSQL came without pg_dump, backups are not possible\n",
    );
    expect((await world.must("--app my-app addons")).stderr).toContain("backups are not possible");
    expect((await world.run("doctor")).stdout).toContain("my-app-3030: this PostgreSQL came without pg_dump");
  });
});

describe("ports", () => {
  test("from 31000 up, never one that is taken", async () => {
    const world = newWorld();
    world.docker.takenPorts.push(31_000, 31_002);
    for (const port of [31_001, 31_003, 31_004]) {
      await world.must(add);
      expect(Object.values(world.state().addons).at(-1)?.port).toBe(port);
    }
  });

  test("PGADDON_PORTS, and what is said when they are used up", async () => {
    const world = newWorld();
    const env = { PGADDON_PORTS: "40000-40001" };
    await world.must(add, { env });
    await world.must(add, { env });
    const before = world.bytes();
    const { code, stderr } = await world.run(add, { env });
    expect(code).toBe(1);
    expect(stderr).toContain(" !     No port is free between 40000 and 40001\n");
    expect(world.bytes()).toBe(before);
  });

  test.each(["x", "40000", "40001-40000", "80-90", "1-99999", "40000-"])(
    "PGADDON_PORTS=%s is refused",
    async (ports) => {
      const world = newWorld();
      expect(await world.run(add, { env: { PGADDON_PORTS: ports } })).toMatchObject({ code: 2, stdout: "" });
      expect(world.bytes()).toBe("");
    },
  );
});
