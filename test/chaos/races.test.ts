import { afterEach, describe, expect, test } from "vitest";
import { waitFor } from "../e2e/wait.ts";
import { add, addonOf, begin, cli, done, expectSound, stateOf } from "../e2e/world.ts";
import { engines } from "../support/engines.ts";
import { makeHome } from "../support/home.ts";
import { sql } from "../support/sql.ts";
import { holdShutdown, leftOf, postmasterOf, rowsFrom } from "./tools.ts";

const releases: (() => void)[] = [];

// Before the homes go, which needs servers that can be ended.
afterEach(() => {
  for (const release of releases.splice(0)) release();
});

const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

describe.each(engines())("on %s", (engine) => {
  test("beside a change that takes long, readers go on, other changes wait, and all succeed", async () => {
    const home = await makeHome();
    const { id, url } = await add(home, engine, "busy");
    await sql(url, "CREATE TABLE kept AS SELECT 1 AS n");
    const before = await done(home, "--app", "busy", "env");
    const release = await holdShutdown(home, id);
    releases.push(release);
    const first = begin(home, ["--app", "busy", "addons-upgrade", "512m"]);
    await waitFor("the first to be under way", () => addonOf(home, id).operation !== null);
    // The plan is sandbox still, and will not be when their turn comes.
    const others = [
      ["restart", "--addon", id],
      ["addons-upgrade", "sandbox"],
    ].map((args) => begin(home, ["--app", "busy", ...args]));
    await waitFor("the others to say that they wait", () =>
      others.every(({ stderr }) => stderr().includes(`Waiting for another command on ${id}`)),
    );
    expect(others[0]?.stderr()).toContain(`process ${first.child.pid} (upgrade) holds it`);

    const [env, value, list] = await Promise.all([
      done(home, "--app", "busy", "env"),
      done(home, "--app", "busy", "env-get", "DATABASE_URL"),
      done(home, "--app", "busy", "addons", "--format", "json"),
      done(home, "apps"),
      done(home, "--app", "busy", "run", "--", "true"),
      done(home, "create", "other"),
      done(home, "--app", "busy", "env-set", "DURING=1"),
    ]);
    // None of them has waited: it is under way as before.
    expect(addonOf(home, id)).toMatchObject({ status: "updating", operation: { kind: "upgrade" } });
    expect(env).toBe(before);
    expect(value.trim()).toBe(url);
    expect(JSON.parse(list)).toMatchObject({ addons: [{ id, status: "updating" }] });

    release();
    for (const running of [first, ...others]) {
      expect({ code: (await running.ended).code, said: running.stderr() }).toMatchObject({ code: 0 });
    }
    expect(addonOf(home, id)).toMatchObject({ status: "running", operation: null, plan: "sandbox" });
    expect(await sql(url, "SHOW shared_buffers")).toEqual([{ shared_buffers: "32MB" }]);
    expect(stateOf(home).apps["busy"]?.variables["DURING"]).toBe("1");
    expect(await sql(url, "SELECT n FROM kept")).toEqual([{ n: 1 }]);
    await expectSound(home, [engine]);
  });

  test("removed, changed and destroyed at once: each succeeds or says why not, and nothing is half there", async () => {
    const home = await makeHome();
    const { id } = await add(home, engine, "torn");
    const release = await holdShutdown(home, id);
    releases.push(release);
    // They all wait for the first, so each of them has seen an add-on that runs.
    const first = begin(home, ["--app", "torn", "restart", "--addon", id]);
    await waitFor("the first to be under way", () => addonOf(home, id).operation !== null);
    const others = [
      ["addons-remove", id, "--confirm", id],
      ["addons-remove", id, "--confirm", id],
      ["addons-upgrade", id, "512m"],
      ["addons-stop", id],
      ["restart", "--addon", id],
      ["destroy", "--confirm", "torn"],
    ].map((args) => begin(home, ["--app", "torn", ...args]));
    await waitFor("all of them to wait", () =>
      others.every(({ stderr }) => stderr().includes("Waiting for")),
    );
    release();
    expect((await first.ended).code).toBe(0);
    for (const { ended, stderr } of others) {
      const { code } = await ended;
      expect([0, 1]).toContain(code);
      if (code === 1) expect(stderr()).toMatch(/^ ! {5}\S/m);
      expect(stderr()).not.toMatch(/Unexpected|defect/);
    }
    // Who came after the removal has changed nothing of it.
    expect(addonOf(home, id)).toMatchObject({ status: "removed", operation: null, alias: "DATABASE_URL" });
    await done(home, "--app", "torn", "addons-restore");
    await expectSound(home, [engine]);

    const both = await Promise.all(
      upTo(2).map(async () => cli(["destroy", "torn", "--confirm", "torn", "--purge"], { home })),
    );
    expect(both.map(({ code }) => code)).toContain(0);
    for (const { stderr } of both) expect(stderr).not.toMatch(/Unexpected|defect/);
    expect(stateOf(home)).toMatchObject({ addons: {}, apps: {} });
    expect(await leftOf(home, engine)).toEqual([]);
  });
});

test("ten readers at once on a local server that was killed start it once", async () => {
  const home = await makeHome();
  const { id, url } = await add(home, "local", "woken");
  await sql(url, "CREATE TABLE kept AS SELECT 1 AS n");
  process.kill(await postmasterOf(home, id), "SIGKILL");
  const results = await Promise.all(upTo(10).map(async () => cli(["--app", "woken", "env"], { home })));
  expect(new Set(results.map(({ stdout }) => stdout)).size).toBe(1);
  expect(results.map(({ code }) => code)).toEqual(upTo(10).map(() => 0));
  expect(results.filter(({ stderr }) => stderr.includes(`Starting ${id}`))).toHaveLength(1);
  expect(results.filter(({ stderr }) => stderr.includes("/!\\"))).toEqual([]);
  expect(await rowsFrom(url, "SELECT n FROM kept")).toEqual([{ n: 1 }]);
});

test("30 env-set at once lose nothing, and nobody ever reads half a document", async () => {
  const home = await makeHome();
  await done(home, "create", "many");
  const long = "x".repeat(20_000);
  let writing = true;
  const seen = new Set<number>();
  const reader = (async () => {
    while (writing) {
      const variables = Object.entries(stateOf(home).apps["many"]?.variables ?? {});
      expect(variables.filter(([name, value]) => value !== `${name}-${long}`)).toEqual([]);
      seen.add(variables.length);
      await new Promise((next) => setImmediate(next));
    }
  })();
  const commands = (async () => {
    while (writing) {
      const variables: Record<string, string> = JSON.parse(
        await done(home, "--app", "many", "env", "--format", "json"),
      );
      for (const [name, value] of Object.entries(variables)) expect(value).toBe(`${name}-${long}`);
    }
  })();
  const writers = Promise.all(
    upTo(30).map(async (at) => done(home, "--app", "many", "env-set", `VAR_${at}=VAR_${at}-${long}`)),
  ).finally(() => (writing = false));
  await Promise.all([writers, reader, commands]);
  expect(Object.keys(stateOf(home).apps["many"]?.variables ?? {}).toSorted()).toEqual(
    upTo(30)
      .map((at) => `VAR_${at}`)
      .toSorted(),
  );
  // It has read while they wrote.
  expect(seen.size).toBeGreaterThan(5);
});
