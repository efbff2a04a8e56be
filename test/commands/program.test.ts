import { describe, expect, test } from "vitest";
import { commandNames, registry } from "../../src/commands/registry.ts";
import { refusalOf } from "../../src/errors.ts";
import { newWorld, oneAddon } from "../fakes/world.ts";

/** Every entry with its command loaded. */
const commands = await Promise.all(
  registry.map(async (entry) => ({ ...entry, command: await entry.load() })),
);

describe("hyphen and space", () => {
  for (const name of commandNames().filter((each) => each.includes("-"))) {
    const spaced = name.replaceAll("-", " ");

    test(`${spaced} --help is ${name} --help`, async () => {
      const world = newWorld();
      const hyphen = await world.run(`${name} --help`);
      expect(hyphen.stdout).toMatch(/^Usage: pgaddon /);
      expect(await world.run(`${spaced} --help`)).toEqual(hyphen);
      expect(await world.run(`help ${spaced}`)).toEqual(hyphen);
    });
  }

  test.each([
    ["addons-info", "addons info"],
    ["addons-info my-app-3030", "addons info my-app-3030"],
    ["addons-plans postgresql", "addons plans postgresql"],
    ["env-get DATABASE_URL", "env get DATABASE_URL"],
    ["pgsql-console -c 'SELECT 1'", "pgsql console -c 'SELECT 1'"],
    ["pgsql-console -c 'SELECT 1'", "psql-console -c 'SELECT 1'"],
    ["pgsql-console -c 'SELECT 1'", "psql console -c 'SELECT 1'"],
    ["pgsql-console -c 'SELECT 1'", "postgresql-console -c 'SELECT 1'"],
    ["pgsql-console -c 'SELECT 1'", "postgresql console -c 'SELECT 1'"],
  ])("%s = %s", async (hyphen, space) => {
    const world = await oneAddon();
    const expected = await world.run(`--app my-app ${hyphen}`);
    expect(expected.code).toBe(0);
    expect(await world.run(`--app my-app ${space}`)).toEqual(expected);
    expect(
      await world.run(
        `${space} --app my-app`.replace("-c 'SELECT 1' --app my-app", "--app my-app -c 'SELECT 1'"),
      ),
    ).toEqual(expected);
  });

  test("what follows the command's words is its argument, though it looks like a command", async () => {
    const world = newWorld();
    await world.must("create list");
    expect(await world.run("destroy list --confirm list")).toMatchObject({ code: 0 });
    expect(world.state().apps).toEqual({});
  });
});

describe("help and version", () => {
  test("each way to ask for the root help", async () => {
    const world = newWorld();
    const { stdout, stderr } = await world.must("--help");
    expect(stderr).toBe("");
    for (const { name, summary } of registry) {
      expect(stdout).toMatch(
        new RegExp(`^  ${name} +${summary.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`, "m"),
      );
    }
    for (const line of ["-h", "help", "--app my-app --help"])
      expect(await world.run(line)).toMatchObject({ code: 0, stdout });
    // Nothing was asked for: that is wrong usage, and this is how to use it.
    expect(await world.run("")).toMatchObject({ code: 2, stdout });
  });

  test("--help before the command, after it, and `help NAME` are the same", async () => {
    const world = newWorld();
    for (const { name } of registry) {
      const expected = await world.must(`help ${name}`);
      expect(await world.run(`--help ${name}`)).toEqual(expected);
      expect(await world.run(`${name} --help`)).toEqual(expected);
      expect(await world.run(`${name} -h`)).toEqual(expected);
    }
  });

  test("every command's help has its usage, its options and examples that are commands", async () => {
    const world = newWorld();
    for (const { name, command } of commands) {
      const { stdout } = await world.must(`help ${name}`);
      expect(stdout).toContain(`Usage: pgaddon ${name}`);
      for (const { flag } of Object.values(command.options))
        expect(stdout).toContain(`  ${flag.startsWith("--") ? flag : flag}`);
      expect(command.examples.length).toBeGreaterThan(0);
      for (const example of command.examples) {
        expect(stdout.split(`  $ pgaddon ${example}\n`)).toHaveLength(2);
        expect(example).toContain(name);
      }
    }
  });

  test.each(["--version", "-V", "-v"])("%s", async (flag) => {
    expect(await newWorld().run(flag)).toMatchObject({
      code: 0,
      stdout: "pgaddon version 1.2.3\n",
      stderr: "",
    });
  });

  test("help makes nothing: no home, no state", async () => {
    const world = newWorld();
    for (const line of ["--help", "--version", "help env", "addons-plans postgresql", "apps"])
      await world.must(line);
    expect(world.bytes()).toBe("");
  });
});

describe("exit codes", () => {
  test.each([
    ["unknown command", "nonsense", 2],
    ["unknown option", "addons --nonsense", 2],
    ["missing argument", "addons-add", 2],
    ["too many arguments", "addons one two", 2],
    ["an option without its value", "addons --app", 2],
    ["not one of the choices", "addons --format xml", 2],
    ["a value of the wrong shape", "--app my-app logs --lines x", 2],
    ["an app name that is none", "--app A addons", 2],
    ["unknown app", "--app nope addons", 1],
    ["unknown addon", "--app my-app addons-info nope", 1],
    ["unknown plan", "--app my-app addons-add postgresql nope", 1],
    ["unknown variable", "--app my-app env-get NOPE", 1],
    ["refused", "--app my-app addons-remove --confirm nope", 1],
    ["done", "--app my-app addons", 0],
  ])("%s: %s", async (_what, line, code) => {
    const world = await oneAddon();
    const before = world.bytes();
    const result = await world.run(line);
    expect(result.code).toBe(code);
    if (code !== 0) expect(result.stderr).toMatch(/^ !     \S/m);
    expect(world.bytes()).toBe(before);
  });

  test("a defect says that it is one, and DEBUG=1 says where", async () => {
    const world = await oneAddon();
    const interfere = (): never => {
      throw new TypeError("x is not a function");
    };
    const result = await world.run("--app my-app addons-stop", { interfere });
    expect(result).toMatchObject({ code: 1, stdout: "" });
    expect(result.stderr).toBe(
      " !     Unexpected: x is not a function\n" +
        "       This is a defect of pgaddon. Run it again with DEBUG=1 for the details to report.\n",
    );
    const debug = await world.run("--app my-app addons-stop", { interfere, env: { DEBUG: "1" } });
    expect(debug.stderr).toMatch(/program\.test\.ts:\d+/);
  });

  test("what the operating system refuses is no defect", async () => {
    const world = await oneAddon();
    const refused = (code: string, errno: number, rest: object): Error =>
      Object.assign(new Error(`${code}: raw`), { code, errno, ...rest });
    const interfere = (): never => {
      throw refused("EROFS", -30, { syscall: "open", path: "/x/locks/y" });
    };
    expect(await world.run("--app my-app addons-stop", { interfere })).toMatchObject({
      code: 1,
      stderr:
        " !     Cannot open /x/locks/y: Read-only file system\n" +
        "       That file system is read-only: make it writable, or use another place.\n",
    });
    for (const [error, said] of [
      [refused("ENOSPC", -28, { syscall: "open", path: "/x" }), "Cannot open /x: No space left on device"],
      [refused("ENOSPC", -28, { syscall: "write" }), "Cannot write to a file: No space left on device"],
      [
        refused("EACCES", -13, { syscall: "mkdir", path: "/x" }),
        "Cannot make the folder /x: Permission denied",
      ],
      // Not about a file, or of a kind that only a bug of ours brings.
      [refused("EPERM", -1, { syscall: "kill" }), undefined],
      [refused("ENOENT", -2, { syscall: "open", path: "/x" }), undefined],
    ] as const) {
      expect(refusalOf(error)?.message).toBe(said);
    }
  });

  test("no stack without DEBUG, none lost with it", async () => {
    const world = newWorld();
    expect((await world.run("--app nope addons")).stderr).not.toMatch(/\n\s+at /);
    expect((await world.run("--app nope addons", { env: { DEBUG: "1" } })).stderr).toMatch(/\n\s+at /);
  });
});

describe("nearest names", () => {
  test.each([
    ["adons", "'addons'"],
    ["addons-ad postgresql 1g", "'addons-add'"],
    ["addons ad postgresql 1g", "'addons-add'"],
    ["env-ste A=1", "'env-set'"],
    ["doctr", "'doctor'"],
    ["ADDONS", "'addons'"],
    ["pgsql-consol", "'pgsql-console'"],
  ])("%s", async (line, near) => {
    const { code, stderr } = await newWorld().run(line);
    expect(code).toBe(2);
    expect(stderr).toContain("Did you mean ");
    expect(stderr).toContain(near);
  });
});
