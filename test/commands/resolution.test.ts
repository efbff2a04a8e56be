import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { newFolder, newWorld, worldAfter } from "../fakes/world.ts";
import type { World } from "../fakes/world.ts";

function fiveApps(): Promise<World> {
  return worldAfter(
    ...["flag", "own", "mirrored", "configured", "remote"].map((app) => `--app ${app} env-set WHO=${app}`),
  );
}

function gitTree(settings: Record<string, string>): string {
  const folder = newFolder();
  const env = { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" };
  execFileSync("git", ["init", "-q", folder], { env });
  for (const [name, value] of Object.entries(settings))
    execFileSync("git", ["-C", folder, "config", name, value], { env });
  return folder;
}

describe("the app", () => {
  const env = { PGADDON_APP: "own", SCALINGO_APP: "mirrored" };
  const git = {
    "pgaddon.app": "configured",
    "remote.scalingo.url": "git@ssh.osc-fr1.scalingo.com:remote.git",
  };

  test.each([
    ["--app flag env-get WHO"],
    ["--app=flag env-get WHO"],
    ["-a flag env-get WHO"],
    ["-aflag env-get WHO"],
    ["env-get WHO --app flag"],
    ["env-get WHO --app=flag"],
    ["env-get --app flag WHO"],
    ["env-get -a flag WHO"],
    ["env get WHO -a flag"],
    // The command's own is nearer.
    ["--app own env-get WHO --app flag"],
  ])("the option wins: %s", async (line) => {
    const world = await fiveApps();
    expect(await world.run(line, { env, cwd: gitTree(git) })).toMatchObject({ code: 0, stdout: "flag\n" });
  });

  test("then $PGADDON_APP, $SCALINGO_APP, git config, the git remote", async () => {
    const world = await fiveApps();
    const cwd = gitTree(git);
    const who = async (options: Parameters<World["run"]>[1]): Promise<string> =>
      (await world.must("env-get WHO", options)).stdout;
    expect(await who({ env, cwd })).toBe("own\n");
    expect(await who({ env: { SCALINGO_APP: "mirrored" }, cwd })).toBe("mirrored\n");
    expect(await who({ env: { PGADDON_APP: "", SCALINGO_APP: "mirrored" }, cwd })).toBe("mirrored\n");
    expect(await who({ cwd })).toBe("configured\n");
    expect(await who({ cwd: gitTree({ "remote.scalingo.url": git["remote.scalingo.url"] }) })).toBe(
      "remote\n",
    );
    const below = join(cwd, "a/b");
    mkdirSync(below, { recursive: true });
    expect(await who({ cwd: below })).toBe("configured\n");
  });

  test.each([
    ["another host", { "remote.scalingo.url": "git@github.com:remote.git" }],
    ["another remote", { "remote.origin.url": "git@ssh.osc-fr1.scalingo.com:remote.git" }],
  ])("a git remote of %s names none", async (_what, settings) => {
    const world = await fiveApps();
    const result = await world.run("env-get WHO", { cwd: gitTree(settings) });
    expect(result).toMatchObject({ code: 1, stdout: "" });
    expect(result.stderr).toContain(" !     Unable to find the application name, please use --app flag.\n");
  });

  test("create inside a work tree makes it that tree's app", async () => {
    const world = newWorld();
    const cwd = gitTree({});
    expect(await world.run("create mine", { cwd })).toEqual({
      code: 0,
      stdout: "App 'mine' has been created\n",
      stderr: "-----> Git repository detected: it is the app of this work tree now, --app can be left out\n",
      screen: expect.any(String),
    });
    await world.must("env-set A=1", { cwd });
    expect(world.state().apps["mine"]?.variables).toEqual({ A: "1" });
  });

  test("a bad name is refused wherever it comes from", async () => {
    const world = await fiveApps();
    for (const options of [
      { env: { PGADDON_APP: "../x" } },
      { env: { SCALINGO_APP: "../x" } },
      { cwd: gitTree({ "pgaddon.app": "../x" }) },
    ]) {
      const result = await world.run("env", options);
      expect(result).toMatchObject({ code: 2, stdout: "" });
      expect(result.stderr).toContain("'../x' is not a valid app name");
    }
  });

  test.each(["a", "a1", "my-app", "a-b-c-1", "a".repeat(48)])("%s is a name", async (name) => {
    expect(await newWorld().run(["create", name])).toMatchObject({ code: 0 });
  });

  test.each(["", "A", "1a", "a-", "-a", "a_b", "a.b", "a/b", "a".repeat(49), "a\n", "ä"])(
    "%j is none",
    async (name) => {
      const world = newWorld();
      expect(await world.run(["create", "--", name])).toMatchObject({ code: 2, stdout: "" });
      expect(world.bytes()).toBe("");
    },
  );

  test("made on first use by env-set and addons-add, and said; refused by all others with the nearest", async () => {
    const world = newWorld();
    expect((await world.must("--app one env-set A=1")).stderr).toBe("-----> App one has been created\n");
    expect((await world.must("--app two addons-add postgresql 1g")).stderr).toBe(
      "-----> App two has been created\n",
    );
    expect((await world.must("--app two addons-add postgresql 1g")).stderr).toBe("");
    const before = world.bytes();
    const refused = [
      "addons",
      "addons-upgrade 2g",
      "addons-stop",
      "addons-start",
      "addons-remove",
      "addons-restore",
      "addons-info",
      "env",
      "env-get A",
      "env-unset A",
      "restart",
      "run -- true",
      "apps-link web",
      "apps-unlink web",
      "pgsql-console",
      "db-tunnel",
      "logs",
      "destroy",
    ];
    for (const line of refused) {
      const { code, stdout, stderr } = await world.run(`--app twoo ${line}`);
      expect({ line, code, stdout, stderr }).toEqual({
        line,
        code: 1,
        stdout: "",
        stderr: " !     The application 'twoo' was not found\n       Did you mean 'two'?\n",
      });
    }
    expect(world.bytes()).toBe(before);
  });
});

describe("the addon", () => {
  function withAddons(count: number): Promise<World> {
    return worldAfter(
      "create my-app",
      ...Array<string>(count).fill("--app my-app addons-add postgresql sandbox"),
    );
  }

  test("never required when there is one; id, uuid and type name it", async () => {
    const world = await withAddons(1);
    const { uuid } = world.addon("my-app-3030");
    const lines = ["", "my-app-3030", uuid, "postgresql", "psql", "pgsql", "postgres", "PostgreSQL"];
    const expected = await world.must("--app my-app addons-info my-app-3030");
    for (const name of lines) expect(await world.run(`--app my-app addons-info ${name}`)).toEqual(expected);
    for (const name of lines.slice(1)) {
      expect(await world.run(`--app my-app --addon ${name} addons-info`)).toEqual(expected);
      expect(await world.run(`addons-info --app my-app --addon=${name}`)).toEqual(expected);
      expect(await world.run("--app my-app addons-info", { env: { PGADDON_ADDON: name } })).toEqual(expected);
      expect(await world.run("--app my-app addons-info", { env: { SCALINGO_ADDON: name } })).toEqual(
        expected,
      );
    }
  });

  test("argument, then option, then $PGADDON_ADDON, then $SCALINGO_ADDON", async () => {
    const world = await withAddons(4);
    const shown = async (line: string, env = {}): Promise<string | undefined> =>
      /ID +\| (\S+)/.exec((await world.must(`--app my-app ${line}`, { env })).stdout)?.[1];
    const env = { PGADDON_ADDON: "my-app-3032", SCALINGO_ADDON: "my-app-3033" };
    expect(await shown("addons-info my-app-3030 --addon my-app-3031", env)).toBe("my-app-3030");
    expect(await shown("addons-info --addon my-app-3031", env)).toBe("my-app-3031");
    expect(await shown("addons-info", env)).toBe("my-app-3032");
    expect(await shown("addons-info", { SCALINGO_ADDON: "my-app-3033" })).toBe("my-app-3033");
  });

  test.each([
    "addons-info",
    "addons-stop",
    "addons-start",
    "addons-remove",
    "addons-upgrade 1g",
    "pgsql-console",
    "logs",
    "db-tunnel",
  ])("%s with none or several names the choices", async (line) => {
    const none = await (await withAddons(0)).run(`--app my-app ${line}`);
    expect(none).toMatchObject({
      code: 1,
      stdout: "",
      stderr: " !     The application 'my-app' has no addon\n",
    });
    const world = await withAddons(2);
    const before = world.bytes();
    const two = await world.run(`--app my-app ${line}`);
    expect(two).toMatchObject({
      code: 1,
      stdout: "",
      stderr: ` !     Which addon of 'my-app'?
       Name it with --addon ID.
       Existing addons:
         - my-app-3030 (PostgreSQL sandbox)
         - my-app-3031 (PostgreSQL sandbox)
`,
    });
    expect(world.bytes()).toBe(before);
  });

  test("another app's add-on is not found", async () => {
    const world = await withAddons(1);
    await world.must("create other");
    const { code, stderr } = await world.run("--app other addons-info my-app-3030");
    expect(code).toBe(1);
    expect(stderr).toBe(" !     Addon my-app-3030 doesn't exist for app other\n");
  });
});
