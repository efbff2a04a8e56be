import { chmodSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { newWorld, oneAddon, worldAfter } from "../fakes/world.ts";
import type { World } from "../fakes/world.ts";

const hint = (app: string): string =>
  `\nRestart your containers to apply these environment changes on your application:\npgaddon --app ${app} restart\n`;
const variables = (world: World): Record<string, string> | undefined =>
  world.state().apps["my-app"]?.variables;

describe("env-set", () => {
  test("sets, says each, and how to apply them", async () => {
    const world = newWorld();
    expect(await world.run("--app my-app env-set A=1 B='x y' C=a=b D=$A")).toMatchObject({
      code: 0,
      stdout: `A has been set to '1'.\nB has been set to 'x y'.\nC has been set to 'a=b'.\nD has been set to '$A'.\n${hint("my-app")}`,
      stderr: "-----> App my-app has been created\n",
    });
    expect(variables(world)).toEqual({ A: "1", B: "x y", C: "a=b", D: "$A" });
    await world.must("--app my-app env-set A=2");
    expect(variables(world)).toEqual({ A: "2", B: "x y", C: "a=b", D: "$A" });
  });

  const refused: [typed: string[], why: string][] = [
    [["A"], "'A' is invalid: format is invalid, accepted: VAR=VAL"],
    [["A="], "'A' is invalid: format is invalid, accepted: VAR=VAL"],
    [["=1"], "'=1' is invalid: format is invalid, accepted: VAR=VAL"],
    [["="], "'=' is invalid: format is invalid, accepted: VAR=VAL"],
    [["A-B=1"], "'A-B' is invalid: name can only be composed with letters, digits and underscores"],
    [["A B=1"], "'A B' is invalid: name can only be composed with letters, digits and underscores"],
    [["Ä=1"], "'Ä' is invalid: name can only be composed with letters, digits and underscores"],
    [["_A=1"], "'_A' is invalid: name must start with a letter"],
    [["1A=1"], "'1A' is invalid: name must start with a letter"],
    [["__proto__=1"], "'__proto__' is invalid: name must start with a letter"],
    [[`${"A".repeat(65)}=1`], `'${"A".repeat(65)}' is invalid: name is longer than 64 characters`],
    [[`A=${"x".repeat(32_769)}`], "'A' is invalid: value is longer than 32768 characters"],
    [["A=1\0"], "'A' is invalid: value holds a NUL character"],
    [["GOOD=1", "BAD"], "'BAD' is invalid: format is invalid, accepted: VAR=VAL"],
    [[], "nothing to set"],
  ];
  test.each(refused)("%j is refused, and nothing is set", async (typed, why) => {
    const world = newWorld();
    const { code, stdout, stderr } = await world.run(["--app", "my-app", "env-set", ...typed]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr.split("\n")[0]).toBe(` !     ${why}`);
    expect(world.bytes()).toBe("");
  });

  test("the longest name and value are let through; names of Object's own, too", async () => {
    const world = newWorld();
    const longest = "A".repeat(64);
    await world.must([
      "--app",
      "my-app",
      "env-set",
      `${longest}=${"x".repeat(32_768)}`,
      "constructor=1",
      "toString=2",
    ]);
    expect(variables(world)).toEqual({ [longest]: "x".repeat(32_768), constructor: "1", toString: "2" });
    expect(await world.run("--app my-app env-get toString")).toMatchObject({ code: 0, stdout: "2\n" });
    expect(await world.run("--app my-app env-get valueOf")).toMatchObject({ code: 1, stdout: "" });
    await world.must("--app my-app env-unset constructor");
    expect(await world.run("--app my-app env-unset hasOwnProperty")).toMatchObject({ code: 1, stdout: "" });
  });

  test("an add-on's variable cannot be set; DATABASE_URL can", async () => {
    const world = await oneAddon();
    const before = world.bytes();
    expect(await world.run("--app my-app env-set A=1 SCALINGO_POSTGRESQL_URL=x")).toMatchObject({
      code: 1,
      stdout: "",
      stderr:
        " !     'SCALINGO_POSTGRESQL_URL' belongs to the addon my-app-3030\n       Give yours another name.\n",
    });
    expect(world.bytes()).toBe(before);
    await world.must("--app my-app env-set DATABASE_URL=x");
    expect((await world.must("--app my-app env-get DATABASE_URL")).stdout).toBe("x\n");
  });

  describe("--file", () => {
    const text = "# a comment\nA=1\nexport B='two words'\nC=\"line\\nbreak\"\n";
    const expected = { A: "1", B: "two words", C: "line\nbreak" };

    test("a .env file, from the folder one is in", async () => {
      const world = newWorld();
      writeFileSync(join(world.folder, "my.env"), text);
      await world.must("--app my-app env-set --file my.env");
      expect(variables(world)).toEqual(expected);
      await world.must(`--app my-app env-set -f ${join(world.folder, "my.env")} A=3`);
      expect(variables(world)).toEqual({ ...expected, A: "3" });
    });

    test("stdin", async () => {
      const world = newWorld();
      await world.must("--app my-app env-set --file -", { stdin: text });
      expect(variables(world)).toEqual(expected);
    });

    test.each([
      ["one that is not there", "nope.env", 1, "nope.env cannot be read: ENOENT"],
      ["a folder", ".", 1, ". cannot be read: EISDIR"],
      ["a bad name in it", "-", 2, "'_A' is invalid: name must start with a letter"],
      ["an empty value in it", "-", 2, "'B' is invalid: format is invalid, accepted: VAR=VAL"],
    ])("%s is refused", async (what, file, code, why) => {
      const world = newWorld();
      const stdin = what.startsWith("an empty") ? "B=\n" : "_A=1\n";
      const result = await world.run(`--app my-app env-set --file ${file}`, { stdin });
      expect(result).toMatchObject({ code, stdout: "" });
      expect(result.stderr).toContain(` !     ${why}`);
      expect(world.bytes()).toBe("");
    });
  });
});

describe("env-unset", () => {
  test("unsets, says each, and how to apply it", async () => {
    const world = await worldAfter("--app my-app env-set A=1 B=2 C=3");
    expect(await world.run("--app my-app env-unset A B")).toMatchObject({
      code: 0,
      stdout: `A has been unset.\nB has been unset.\n${hint("my-app")}`,
      stderr: "",
    });
    expect(variables(world)).toEqual({ C: "3" });
  });

  test("all are looked at before any is unset", async () => {
    const world = await worldAfter("--app my-app env-set ALPHA=1 B=2");
    const before = world.bytes();
    expect(await world.run("--app my-app env-unset B ALHPA")).toMatchObject({
      code: 1,
      stdout: "",
      stderr: " !     ALHPA variable does not exist\n       Did you mean 'ALPHA'?\n",
    });
    expect(world.bytes()).toBe(before);
  });
});

describe("env-get and aliases", () => {
  const chain = worldAfter(
    "--app my-app env-set A=$B B=$C C=end LOOP1=$LOOP2 LOOP2=$LOOP1 SELF=$SELF VOID=$NOWHERE TEXT=$A.x",
  );
  test.each([
    ["A", "end"],
    ["B", "end"],
    ["C", "end"],
    // Not the whole value: no alias.
    ["TEXT", "$A.x"],
    ["VOID", "$NOWHERE"],
  ])("%s is %s", async (name, value) => {
    expect(await (await chain).run(`--app my-app env-get ${name}`)).toMatchObject({
      code: 0,
      stdout: `${value}\n`,
      stderr: "",
    });
  });

  test.each(["LOOP1", "LOOP2", "SELF"])("%s goes round in a circle, and ends", async (name) => {
    const { code, stdout } = await (await chain).run(`--app my-app env-get ${name}`);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\$(LOOP1|LOOP2|SELF)\n$/);
  });

  test("--internal is what a container on the app's network sees; a local server has no such address", async () => {
    const world = await oneAddon();
    const { password } = world.addon("my-app-3030");
    expect((await world.must("--app my-app env-get DATABASE_URL --internal")).stdout).toBe(
      `postgres://my_app_3030:${password}@my-app-3030:5432/my_app_3030\n`,
    );
    const local = newWorld();
    await local.must("--app my-app addons-add postgresql 1g --engine local");
    expect((await local.must("--app my-app env --internal")).stdout).toContain(
      "@127.0.0.1:31000/my_app_3030\n",
    );
  });
});

describe("variables of add-ons", () => {
  test("a second add-on gets its own; DATABASE_URL stays until the user sets it", async () => {
    const world = await oneAddon();
    expect((await world.must("--app my-app addons-add postgresql sandbox")).stdout).toContain(
      "       Modified variables: [SCALINGO_POSTGRESQL_3031_URL]\n",
    );
    const { stdout } = await world.must("--app my-app env");
    expect(stdout.split("\n").map((line) => line.split("=")[0])).toEqual([
      "DATABASE_URL",
      "SCALINGO_POSTGRESQL_3031_URL",
      "SCALINGO_POSTGRESQL_URL",
      "",
    ]);
    expect(stdout).toMatch(/^DATABASE_URL=\$SCALINGO_POSTGRESQL_URL\n/);
    await world.must("--app my-app env-set DATABASE_URL=$SCALINGO_POSTGRESQL_3031_URL");
    expect((await world.must("--app my-app env-get DATABASE_URL")).stdout).toMatch(
      /@127\.0\.0\.1:31001\/my_app_3031\n$/,
    );
  });

  test("a DATABASE_URL that was there before the add-on stays", async () => {
    const world = await worldAfter(
      "--app my-app env-set DATABASE_URL=mine",
      "--app my-app addons-add postgresql 1g",
    );
    expect(variables(world)).toEqual({ DATABASE_URL: "mine" });
    const fresh = await worldAfter("--app my-app env-set DATABASE_URL=mine");
    expect((await fresh.must("--app my-app addons-add postgresql 1g")).stdout).toContain(
      "Modified variables: [SCALINGO_POSTGRESQL_URL]\n",
    );
  });
});

describe("kept env files", () => {
  const read = (path: string): string => readFileSync(path, "utf8");

  test("one that lost the line after pgaddon's part is warned about and left alone", async () => {
    const world = newWorld();
    const path = join(world.folder, ".env");
    await world.must("--app my-app env-set A=1");
    await world.must("--app my-app env --env-file .env");
    writeFileSync(path, read(path).replace("# <<< pgaddon my-app\n", "MINE=1\n"));
    const before = read(path);
    const { stderr } = await world.must("--app my-app env-set A=2");
    expect(stderr).toContain("has lost the line that ends pgaddon's part");
    expect(read(path)).toBe(before);
  });

  test("follows every change, and leaves the user's lines and the file's permissions alone", async () => {
    const world = newWorld();
    const path = join(world.folder, ".env");
    writeFileSync(path, "MINE=1");
    chmodSync(path, 0o640);
    await world.must("--app my-app addons-add postgresql 1g --env-file .env");
    const url = (await world.must("--app my-app env-get DATABASE_URL")).stdout.trim();
    const begin = "# >>> pgaddon my-app: kept in step, changes between these lines are overwritten";
    const block = (...lines: string[]): string =>
      `MINE=1\n${[begin, ...lines, "# <<< pgaddon my-app", ""].join("\n")}`;
    const both = [`DATABASE_URL=${url}`, `SCALINGO_POSTGRESQL_URL=${url}`];
    expect(read(path)).toBe(block(...both));
    await world.must("--app my-app env-set A='x y'");
    expect(read(path)).toBe(block("A='x y'", ...both));
    await world.must("--app my-app env-unset A");
    writeFileSync(path, `${read(path)}AFTER=2\n`);
    await world.must("--app my-app addons-remove --confirm my-app-3030");
    expect(read(path)).toBe(`${block()}AFTER=2\n`);
    await world.must("--app my-app addons-restore");
    expect(read(path)).toBe(`${block(...both)}AFTER=2\n`);
    expect(statSync(path).mode & 0o777).toBe(0o640);
    await world.must("--app my-app apps-unlink --env-file .env");
    await world.must("--app my-app env-set B=1");
    expect(read(path)).toBe(`${block(...both)}AFTER=2\n`);
  });

  test("a new one is its owner's alone; a link is followed; twice is once", async () => {
    const world = await oneAddon();
    const old = process.umask(0);
    try {
      await world.must("--app my-app env --env-file new.env");
    } finally {
      process.umask(old);
    }
    const path = join(world.folder, "new.env");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    symlinkSync(path, join(world.folder, "link.env"));
    await world.must("--app my-app env --env-file link.env --internal");
    expect(read(path)).toContain("@my-app-3030:5432/");
    await world.must("--app my-app env --env-file new.env");
    const kept = world.state().apps["my-app"]?.env_files;
    expect(kept).toEqual([
      { path: join(world.folder, "link.env"), internal: true },
      { path, internal: false },
    ]);
  });

  test("two apps in one file keep to their own lines", async () => {
    const world = await worldAfter("--app one env-set A=1", "--app two env-set B=2");
    const path = join(world.folder, ".env");
    await world.must("--app one env --env-file .env");
    await world.must("--app two env --env-file .env");
    await world.must("--app one env-set A=3");
    expect(
      read(path)
        .split("\n")
        .filter((line) => !line.startsWith("#")),
    ).toEqual(["A=3", "B=2", ""]);
  });

  test("one that cannot be written is warned about, and stops nothing", async () => {
    const world = await oneAddon();
    await world.must("--app my-app env --env-file gone/.env").catch(() => undefined);
    expect(world.state().apps["my-app"]?.env_files).toEqual([]);
    expect(await world.run("--app my-app env --env-file gone/.env")).toMatchObject({ code: 1, stdout: "" });
    await world.must("--app my-app env --env-file kept.env");
    const copy = world.copy();
    // The copy's file is the original's: a folder in its place cannot be written.
    const [kept] = world.state().apps["my-app"]?.env_files ?? [];
    expect(kept?.path).toBe(join(world.folder, "kept.env"));
    const { rmSync, mkdirSync } = await import("node:fs");
    rmSync(join(world.folder, "kept.env"));
    mkdirSync(join(world.folder, "kept.env"));
    const result = await copy.run("--app my-app env-set A=1");
    expect(result.code).toBe(0);
    expect(result.stderr).toBe(`  /!\\  The env file ${join(world.folder, "kept.env")} is not a file\n`);
  });
});
