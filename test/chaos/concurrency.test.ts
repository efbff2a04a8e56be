import { describe, expect, test } from "vitest";
import { add, addonOf, begin, cli, done, expectSound, stateOf } from "../e2e/world.ts";
import { engines } from "../support/engines.ts";
import { makeHome } from "../support/home.ts";
import { sql } from "../support/sql.ts";
import { waitFor } from "../e2e/wait.ts";
import { addonUrl } from "../../src/addons/environment.ts";

const COUNT = 20;

describe.each(engines())("on %s", (engine) => {
  test(`${COUNT} processes add a database to one home at once`, { timeout: 10 * 60_000 }, async () => {
    const home = await makeHome();
    const results = await Promise.all(
      Array.from({ length: COUNT }, (_, at) =>
        // Some make an app, some share one.
        cli(["--app", `app-${at % 7}`, "addons-add", "postgresql", "sandbox", "--engine", engine], {
          home,
          timeoutMs: 540_000,
        }),
      ),
    );
    expect(results.filter(({ code }) => code !== 0).map(({ stderr }) => stderr)).toEqual([]);
    const told = results.map(({ stdout }) => /ID: (\S+)/.exec(stdout)?.[1]);
    expect(new Set(told).size).toBe(COUNT);
    const { addons, apps } = stateOf(home);
    const entries = Object.values(addons);
    expect(Object.keys(addons).sort()).toEqual(told.sort());
    for (const part of ["port", "password", "uuid"] as const)
      expect(new Set(entries.map((entry) => entry[part])).size).toBe(COUNT);
    for (const app of Object.values(apps)) {
      const variables = entries.filter((entry) => entry.app === app.name).map(({ variable }) => variable);
      expect(new Set(variables).size).toBe(variables.length);
      expect(app.variables).toEqual({ DATABASE_URL: "$SCALINGO_POSTGRESQL_URL" });
    }
    for (const entry of entries) {
      expect(await sql(addonUrl(entry), "SELECT current_database() AS name")).toEqual([
        { name: entry.database },
      ]);
    }
    await expectSound(home, [engine]);
  });

  test("a second command on an add-on waits for the first", async () => {
    const home = await makeHome();
    const { id, url } = await add(home, engine, "busy", "512m");
    await sql(url, "CREATE TABLE kept AS SELECT 1 AS n");
    const first = begin(home, ["--app", "busy", "addons-upgrade", id, "1g"]);
    await waitFor("the first to begin", () => addonOf(home, id).operation?.kind === "upgrade");
    const [second, reader] = await Promise.all([
      cli(["--app", "busy", "addons-upgrade", id, "2g"], { home }),
      cli(["--app", "busy", "env"], { home }),
    ]);
    expect({ code: second.code, stderr: second.stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(
        new RegExp(`Waiting for another command on ${id}: process ${first.child.pid} \\(upgrade\\)`),
      ),
    });
    expect((await first.ended).code).toBe(0);
    // Who only reads does not wait, and sees the variables all the time.
    expect(reader).toMatchObject({ code: 0, stdout: expect.stringContaining(url) });
    expect(addonOf(home, id)).toMatchObject({ plan: "2g", status: "running", operation: null });
    expect(await sql(url, "SHOW shared_buffers")).toEqual([{ shared_buffers: "512MB" }]);
    await Promise.all([
      done(home, "--app", "busy", "addons-stop", id),
      done(home, "--app", "busy", "env-set", "A=1"),
      done(home, "--app", "busy", "env-set", "B=2"),
      done(home, "--app", "busy", "env-set", "C=3"),
    ]);
    expect(stateOf(home).apps["busy"]?.variables).toMatchObject({ A: "1", B: "2", C: "3" });
    await expectSound(home, [engine]);
  });
});
