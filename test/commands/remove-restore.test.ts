import { describe, expect, test, vi } from "vitest";
import { START, oneAddon, worldAfter } from "../fakes/world.ts";
import type { RunOptions, World } from "../fakes/world.ts";

const id = "my-app-3030";
const remove = `--app my-app addons-remove ${id} --confirm ${id}`;
const days = (count: number): Date => new Date(START.getTime() + count * 24 * 3600 * 1000);

describe("removal can be undone", () => {
  test("the database is stopped, variables go, the rest is kept and comes back as it was", async () => {
    const world = await oneAddon();
    world.docker.instances[id]?.rows.push("kept");
    const before = {
      addon: world.addon(id),
      env: await world.must("--app my-app env"),
      list: await world.must("--app my-app addons"),
    };
    await world.must(remove);
    expect(world.docker.instances[id]).toMatchObject({ running: false, data: true });
    expect((await world.must("--app my-app env")).stdout).toBe("");
    expect(world.addon(id)).toMatchObject({
      status: "removed",
      port: before.addon.port,
      removed_at: START.toISOString(),
      purge_at: days(7).toISOString(),
    });
    await world.must("--app my-app addons-restore");
    expect(world.addon(id)).toEqual(before.addon);
    expect(await world.must("--app my-app env")).toEqual(before.env);
    expect(await world.must("--app my-app addons")).toEqual(before.list);
    expect(world.docker.instances[id]).toMatchObject({ running: true, rows: ["kept"] });
  });

  test("its port is not given away meanwhile", async () => {
    const world = await oneAddon();
    await world.must(remove);
    await world.must("--app my-app addons-add postgresql sandbox");
    expect(world.addon("my-app-3031").port).toBe(31_001);
  });

  test("a DATABASE_URL that the user has set stays his, then and after the restore", async () => {
    const world = await oneAddon();
    await world.must("--app my-app env-set DATABASE_URL=sqlite:x");
    await world.must(remove);
    expect((await world.must("--app my-app env")).stdout).toBe("DATABASE_URL=sqlite:x\n");
    expect((await world.must("--app my-app addons-restore")).stdout).toBe(
      `-----> Addon ${id} has been restored\n       Modified variables: [SCALINGO_POSTGRESQL_URL]\n`,
    );
    expect(world.state().apps["my-app"]?.variables).toEqual({ DATABASE_URL: "sqlite:x" });
  });

  test("the variable was taken by another add-on meanwhile: the restored one gets its own", async () => {
    const world = await oneAddon();
    await world.must(remove);
    await world.must("--app my-app addons-add postgresql sandbox");
    expect(world.addon("my-app-3031").variable).toBe("SCALINGO_POSTGRESQL_URL");
    const { stdout } = await world.must("--app my-app addons-restore");
    expect(stdout).toContain("SCALINGO_POSTGRESQL_3030_URL");
    const { stdout: env } = await world.must("--app my-app env");
    expect(env).toMatch(/^DATABASE_URL=\$SCALINGO_POSTGRESQL_URL\n/);
    expect(env).toMatch(/^SCALINGO_POSTGRESQL_3030_URL=.*:31000\/my_app_3030$/m);
    expect(env).toMatch(/^SCALINGO_POSTGRESQL_URL=.*:31001\/my_app_3031$/m);
  });

  test("several removed: the one to restore has to be named", async () => {
    const world = await worldAfter(
      "--app my-app addons-add postgresql 1g",
      "--app my-app addons-add postgresql 1g",
    );
    await world.must(remove);
    await world.must(remove.replaceAll("3030", "3031"));
    const { code, stderr } = await world.run("--app my-app addons-restore");
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: ` !     Which removed addon of 'my-app'?
       Name it with --addon ID.
       Existing addons:
         - my-app-3030 (PostgreSQL 1g)
         - my-app-3031 (PostgreSQL 1g)
`,
    });
    await world.must("--app my-app addons-restore my-app-3031");
    expect(world.docker.instances["my-app-3031"]?.running).toBe(true);
    expect(world.docker.instances[id]?.running).toBe(false);
  });

  test("for seven days; then the next changing command deletes the data and says so", async () => {
    const world = await oneAddon();
    await world.must(remove);
    world.now = new Date(days(7).getTime() - 1);
    await world.must("create other");
    expect(world.docker.instances[id]).toBeDefined();
    world.now = days(7);
    // Reading deletes nothing.
    await world.must("--app my-app addons --removed");
    expect(world.docker.instances[id]).toBeDefined();
    const { stderr } = await world.must("--app other env-set A=1");
    expect(stderr).toBe(`-----> The data of ${id}, removed ${START.toISOString()}, has been deleted\n`);
    expect(world.docker.instances[id]).toBeUndefined();
    expect(world.state().addons).toEqual({});
    expect(await world.run("--app my-app addons-restore")).toMatchObject({ code: 1 });
  });

  test("an engine that is away keeps what has expired, and hinders no other command", async () => {
    const world = await oneAddon();
    await world.must(remove);
    world.now = days(8);
    world.away.add("docker");
    const { code, stderr } = await world.run("create other");
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `  /!\\  The data of ${id} could not be deleted yet: No docker here\n`,
    });
    world.away.clear();
    await world.must("create third");
    expect(world.docker.instances[id]).toBeUndefined();
  });
});

describe("purge", () => {
  test("of one whose grace is over, by name", async () => {
    const world = await oneAddon();
    await world.must(remove);
    world.now = days(8);
    expect((await world.must(`${remove} --purge`)).stdout).toBe(`-----> Addon ${id} has been destroyed\n`);
    expect(world.docker.instances[id]).toBeUndefined();
    expect(world.state().addons).toEqual({});
  });

  test("deletes at once, and says irreversible; without it nothing says so", async () => {
    const world = await oneAddon();
    const kept = await world.copy().must(remove);
    expect(kept.screen).not.toMatch(/irreversible|destroyed/);
    const { screen } = await world.must(`${remove} --purge`);
    expect(screen).toMatch(/irreversible/);
    expect(world.docker.instances).toEqual({});
    expect(world.state().addons).toEqual({});
    expect(world.state().apps["my-app"]?.variables).toEqual({});
  });

  test("of an add-on that was removed before", async () => {
    const world = await oneAddon();
    await world.must(remove);
    await world.must(`${remove} --purge`);
    expect(world.docker.instances).toEqual({});
    expect(world.state().addons).toEqual({});
  });
});

describe("destroy", () => {
  const destroy = "destroy my-app --confirm my-app";

  test("covers all add-ons, and addons-restore brings app and variables back", async () => {
    const world = await worldAfter(
      "--app my-app addons-add postgresql 1g",
      "--app my-app addons-add postgresql sandbox",
      "--app my-app env-set A=1",
    );
    const before = await world.must("--app my-app env");
    await world.must(destroy);
    expect(Object.values(world.docker.instances).map(({ running }) => running)).toEqual([false, false]);
    expect(await world.run("--app my-app env")).toMatchObject({ code: 1, stdout: "" });
    expect((await world.must("apps --format json")).stdout).toBe('{\n  "apps": []\n}\n');
    await world.must("--app my-app addons-restore my-app-3030");
    await world.must("--app my-app addons-restore my-app-3031");
    expect(await world.must("--app my-app env")).toEqual(before);
  });

  test("an app without add-ons is gone at once", async () => {
    const world = await worldAfter("create my-app");
    await world.must(destroy);
    expect(world.state().apps).toEqual({});
  });

  test("--purge leaves nothing: no instance, no network, no entry", async () => {
    const world = await worldAfter(
      "--app my-app addons-add postgresql 1g",
      "--app my-app addons-add postgresql sandbox",
    );
    await world.must(`${destroy} --purge`);
    expect(world.docker).toMatchObject({ instances: {}, networks: {} });
    expect(world.state()).toMatchObject({ apps: {}, addons: {} });
  });

  test("--purge of an app that was destroyed before", async () => {
    const world = await oneAddon();
    await world.must(destroy);
    await world.must(`${destroy} --purge`);
    expect(world.docker).toMatchObject({ instances: {}, networks: {} });
    expect(world.state()).toMatchObject({ apps: {}, addons: {} });
  });

  test("once the last add-on has expired the app's entry and network go, too", async () => {
    const world = await oneAddon();
    await world.must(destroy);
    world.now = days(7);
    await world.must("create other");
    expect(Object.keys(world.state().apps)).toEqual(["other"]);
    expect(world.docker).toMatchObject({ instances: {}, networks: {} });
  });

  test("the name may be taken again meanwhile", async () => {
    const world = await worldAfter("--app my-app addons-add postgresql 1g", "--app my-app env-set OLD=1");
    await world.must(destroy);
    await world.must("--app my-app addons-add postgresql sandbox");
    expect(world.state().apps["my-app"]?.variables).toEqual({ DATABASE_URL: "$SCALINGO_POSTGRESQL_URL" });
    world.now = days(7);
    await world.must("create other");
    expect(world.docker.instances["my-app-3031"]?.running).toBe(true);
    expect(world.docker.networks["pgaddon-my-app"]).toBeDefined();
  });

  test("what becomes of the variables is said as it is", async () => {
    const variables = /^ {2}\/!\\ {2}It.*variables.*$/m;
    const bare = await worldAfter("create my-app", "--app my-app env-set A=1");
    expect(variables.exec((await bare.must(destroy)).stderr)?.[0]).toBe(
      "  /!\\  It has no database to bring back: its variables go at once",
    );
    expect(bare.state().apps).toEqual({});

    const world = await worldAfter(
      "--app my-app addons-add postgresql 1g",
      "--app my-app env-set A=1",
      remove,
    );
    const expired = world.copy();
    expect(variables.exec((await world.must(destroy)).stderr)?.[0]).toBe(
      "  /!\\  Its variables are kept for as long as `pgaddon --app my-app addons-restore` can bring back my-app-3030",
    );
    await world.must("--app my-app addons-restore");
    expect(world.state().apps["my-app"]?.variables).toMatchObject({ A: "1" });

    expired.now = days(7);
    expect(variables.exec((await expired.must(destroy)).stderr)?.[0]).toContain("its variables go at once");
    expect(expired.state()).toMatchObject({ apps: {}, addons: {} });
  });

  test("two names that differ are refused", async () => {
    const world = await worldAfter("create my-app", "create other");
    const before = world.bytes();
    expect(await world.run("destroy my-app --app other --confirm my-app")).toMatchObject({
      code: 2,
      stdout: "",
      stderr: " !     'my-app' and --app other are two different apps\n",
    });
    expect(world.bytes()).toBe(before);
  });
});

describe("confirmation", () => {
  const commands: [line: string, wanted: string][] = [
    [`--app my-app addons-remove ${id}`, id],
    [`--app my-app addons-remove ${id} --purge`, id],
    ["--app my-app addons-remove postgresql", id],
    ["destroy my-app", "my-app"],
    ["--app my-app destroy --purge", "my-app"],
  ];
  const untouched = async (world: World, line: string, options: RunOptions): Promise<string> => {
    const before = { state: world.bytes(), machine: structuredClone(world.docker) };
    const { code, stdout, stderr } = await world.run(line, { ...options, env: { NO_COLOR: "1" } });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect({ state: world.bytes(), machine: world.docker }).toEqual(before);
    return stderr;
  };

  for (const [line, wanted] of commands) {
    describe(line, () => {
      test.each([
        ["typed", { tty: true, stdin: `${wanted}\n` }, ""],
        ["typed with spaces around", { tty: true, stdin: `  ${wanted}  \n` }, ""],
        ["piped", { stdin: `${wanted}\n` }, ""],
        ["piped without a line's end", { stdin: wanted }, ""],
        ["--confirm", {}, ` --confirm ${wanted}`],
        ["--confirm wins over what is piped", { stdin: "no\n" }, ` --confirm ${wanted}`],
      ])("right: %s", async (_what, options, more) => {
        const world = await oneAddon();
        expect(await world.run(`${line}${more}`, options)).toMatchObject({ code: 0 });
        expect(world.docker.instances[id]?.running ?? false).toBe(false);
      });

      test.each([
        ["typed", { tty: true, stdin: "yes\n" }, ""],
        ["an empty line", { tty: true, stdin: "\n" }, ""],
        ["piped", { stdin: `${wanted}x\n${wanted}\n` }, ""],
        ["in capitals", { stdin: `${wanted.toUpperCase()}\n` }, ""],
        ["--confirm", {}, " --confirm x"],
        ["--confirm, with the right one piped", { stdin: `${wanted}\n` }, " --confirm x"],
      ])("wrong: %s", async (_what, options, more) => {
        const world = await oneAddon();
        expect(await untouched(world, `${line}${more}`, options)).toMatch(
          new RegExp(`!     '.*' is not '${wanted}', aborting…\\n$`),
        );
      });

      test("stdin closed: it says what to add", async () => {
        const world = await oneAddon();
        const stderr = await untouched(world, line, {});
        expect(stderr).toContain(
          ` !     Nobody confirmed, aborting…\n       In scripts, add --confirm ${wanted}.\n`,
        );
      });

      test("a pipe that nobody writes to does not hang it", async () => {
        const world = await oneAddon();
        vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
        try {
          const refused = untouched(world, line, { stdin: { open: true } });
          while (vi.getTimerCount() === 0) await new Promise(setImmediate);
          vi.advanceTimersByTime(60_000);
          expect(await refused).toContain("Nobody confirmed, aborting…");
        } finally {
          vi.useRealTimers();
        }
      });
    });
  }

  test("Ctrl-D at a terminal refuses", async () => {
    const world = await oneAddon();
    expect(await untouched(world, "destroy my-app", { tty: true, stdin: "" })).toContain("Nobody confirmed");
  });

  test("the question is asked on stderr: stdout is the answer's", async () => {
    const world = await oneAddon();
    const { stdout, stderr } = await world.must(`--app my-app addons-remove`, { stdin: `${id}\n` });
    expect(stderr).toContain("       To confirm, type the ID of the addon:\n-----> ");
    expect(stdout).toBe(`-----> Addon ${id} has been removed
       Its data is kept until 2025-01-09T03:04:05.000Z. To bring it back:
       pgaddon --app my-app addons-restore ${id}
`);
  });
});
