import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { npmEnvironment, type ProgramResult, repository, runProgram } from "../support/cli.ts";
import { makeHome } from "../support/home.ts";

const folders: string[] = [];

afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

test("npm run quickstart: from a fresh clone to a database, and no second one", async () => {
  const home = await makeHome();
  const folder = await mkdtemp(join(tmpdir(), "pgaddon-clone-"));
  folders.push(folder);
  const clone = join(folder, "pgaddon");
  // What is committed: that is what a user gets.
  const cloned = await runProgram("git", ["clone", "--quiet", repository, clone]);
  expect(cloned).toEqual({ code: 0, stdout: "", stderr: "" });

  const env = npmEnvironment({ PGADDON_HOME: home.path });
  const run = async (file: string, ...args: string[]): Promise<ProgramResult> =>
    runProgram(file, args, { cwd: clone, env });

  const first = await run("npm", "run", "quickstart");
  expect(first.code === 0 ? "" : first.stdout + first.stderr).toBe("");
  expect(first.stdout).toContain(`$ node bin/pgaddon.js --app demo addons-add postgresql 1g
-----> Addon postgresql has been provisionned
       ID: demo-3030
       Modified variables: [DATABASE_URL SCALINGO_POSTGRESQL_URL]
       Message from addon provider: Database successfully created

$ node bin/pgaddon.js --app demo addons
+------------+-----------+------+
`);
  expect(first.stdout).toMatch(/^\| PostgreSQL \| demo-3030 \| 1g {3}\|$/m);
  expect(first.stdout).toContain(`$ node bin/pgaddon.js --app demo env
DATABASE_URL=$SCALINGO_POSTGRESQL_URL
SCALINGO_POSTGRESQL_URL=postgres://`);
  expect(first.stdout).toMatch(/^DATABASE_URL: ok, PostgreSQL \d/m);

  const state = await readFile(join(home.path, "state.json"), "utf8");
  const second = await run("npm", "run", "quickstart");
  expect(second).toMatchObject({ code: 0 });
  expect(second.stdout).toContain("The app demo has its database already (demo-3030)");
  expect(second.stdout).not.toContain("provisionned");
  expect(second.stdout).not.toContain("npm ci");
  expect(await readFile(join(home.path, "state.json"), "utf8")).toBe(state);

  const shown = [...second.stdout.matchAll(/^ {2}(node bin\/pgaddon\.js .*)$/gm)].map(
    ([, command = ""]) => command,
  );
  expect(shown).toEqual([
    "node bin/pgaddon.js --app demo pgsql-console",
    "node bin/pgaddon.js --help",
    "node bin/pgaddon.js --app demo destroy --confirm demo --purge",
  ]);
  const asked = await runProgram("sh", ["-c", `${shown[0]}`], { cwd: clone, env, input: "select 40 + 2;\n" });
  expect(asked).toMatchObject({ code: 0, stdout: expect.stringContaining("42") });
  expect(await run("sh", "-c", `${shown[2]}`)).toMatchObject({ code: 0 });
  const { addons } = JSON.parse(await readFile(join(home.path, "state.json"), "utf8"));
  expect(addons).toEqual({});
});
