import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  cliEnvironment,
  npmEnvironment,
  type ProgramResult,
  repository,
  runProgram,
} from "../support/cli.ts";
import { makeHome } from "../support/home.ts";
import { sql } from "../support/sql.ts";

let folder: string;
let tarball: string;
let packed: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pgaddon-package-"));
  // Without scripts: building again would pull dist away from under the other tests.
  const args = ["pack", "--ignore-scripts", "--json", "--pack-destination", folder];
  const { code, stdout, stderr } = await runProgram("npm", args, { cwd: repository, env: npmEnvironment() });
  expect(stderr.includes("npm error") ? stderr : code).toBe(0);
  const [{ filename, files }]: [{ filename: string; files: { path: string }[] }] = JSON.parse(stdout);
  tarball = join(folder, filename);
  packed = files.map(({ path }) => path);
  const install = [
    "install",
    "--global",
    "--prefix",
    folder,
    "--no-audit",
    "--no-fund",
    "--prefer-offline",
    tarball,
  ];
  const installed = await runProgram("npm", install, { cwd: folder, env: npmEnvironment() });
  expect(installed.code === 0 ? "" : installed.stderr).toBe("");
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

test("holds what is needed to run, and no more", async () => {
  const top = new Set(packed.map((path) => path.split("/")[0] ?? path));
  expect(
    Array.from(top)
      .filter((name) => name !== "CHANGELOG.md" && name !== "README.md")
      .toSorted(),
  ).toEqual(["LICENSE", "bin", "completions", "dist", "package.json"]);
  expect(packed).toEqual(
    expect.arrayContaining([
      "bin/pgaddon.js",
      "dist/main.js",
      "dist/image/Dockerfile",
      "dist/image/entrypoint.sh",
      "dist/THIRD-PARTY-LICENSES.txt",
    ]),
  );
  expect(packed.filter((path) => /metafile|parts\.json|\.map$|\.ts$|test|node_modules/.test(path))).toEqual(
    [],
  );
  expect((await stat(tarball)).size).toBeLessThan(3_000_000);
});

test("is built when it is packed, and brings one dependency", async () => {
  const { scripts, dependencies } = JSON.parse(await readFile(join(repository, "package.json"), "utf8"));
  expect(scripts.prepack).toBe(scripts.build);
  expect(Object.keys(dependencies)).toEqual(["fs-native-extensions"]);
});

test("runs where it was installed, without the repository", async () => {
  const home = await makeHome();
  const pgaddon = async (...args: string[]): Promise<ProgramResult> =>
    runProgram(join(folder, "bin/pgaddon"), args, { cwd: folder, env: cliEnvironment(home) });
  const { version } = JSON.parse(await readFile(join(repository, "package.json"), "utf8"));

  expect(await pgaddon("--version")).toEqual({ code: 0, stdout: `pgaddon version ${version}\n`, stderr: "" });
  const plans = await pgaddon("addons-plans", "postgresql");
  expect(plans).toMatchObject({ code: 0, stderr: "" });
  expect(plans.stdout).toContain("| 1g ");

  expect(
    await pgaddon("--app", "packed", "addons-add", "postgresql", "1g", "--engine", "local"),
  ).toMatchObject({
    code: 0,
  });
  const url = await pgaddon("--app", "packed", "env-get", "SCALINGO_POSTGRESQL_URL");
  expect(await sql(url.stdout.trim(), "select 1 as one")).toEqual([{ one: 1 }]);
  expect(await pgaddon("--app", "packed", "destroy", "--confirm", "packed", "--purge")).toMatchObject({
    code: 0,
  });
  await expect(sql(url.stdout.trim(), "select 1")).rejects.toThrow("ECONNREFUSED");
  expect(await readdir(home.path)).toContain("state.json");
});
