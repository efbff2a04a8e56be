import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { limitsOf } from "../../src/addons/instance.ts";
import { planOf } from "../../src/addons/plans.ts";
import { login } from "../fakes/engine.ts";
import { filesIn, worldAfter } from "../fakes/world.ts";
import type { World } from "../fakes/world.ts";

const add = "--app my-app addons-add postgresql 1g";
const remove = "--app my-app addons-remove --confirm my-app-3030";

/** Every kind of change: what there is before it, and the command that makes it. */
export const changes: readonly { what: string; before: readonly string[]; line: string; several?: true }[] = [
  { what: "add, the app made for it", before: [], line: add },
  { what: "add to an app with variables", before: ["--app my-app env-set A=1"], line: add },
  { what: "add a second one", before: [add], line: "--app my-app addons-add postgresql sandbox" },
  { what: "upgrade", before: [add], line: "--app my-app addons-upgrade 4g" },
  { what: "downgrade", before: [add], line: "--app my-app addons-upgrade sandbox" },
  {
    what: "upgrade of a stopped one",
    before: [add, "--app my-app addons-stop"],
    line: "--app my-app addons-upgrade 4g",
  },
  {
    what: "downgrade of a stopped one",
    before: [add, "--app my-app addons-stop"],
    line: "--app my-app addons-upgrade 512m",
  },
  { what: "stop", before: [add], line: "--app my-app addons-stop" },
  { what: "start", before: [add, "--app my-app addons-stop"], line: "--app my-app addons-start" },
  { what: "restart", before: [add], line: "--app my-app restart --addon my-app-3030" },
  { what: "remove", before: [add], line: remove },
  { what: "remove with --purge", before: [add], line: `${remove} --purge`, several: true },
  { what: "purge", before: [add, remove], line: `${remove} --purge` },
  { what: "restore", before: [add, remove], line: "--app my-app addons-restore" },
  {
    what: "restore of a destroyed app",
    before: [add, "--app my-app env-set A=1", "destroy my-app --confirm my-app"],
    line: "--app my-app addons-restore",
  },
  { what: "destroy", before: [add], line: "destroy my-app --confirm my-app", several: true },
  {
    what: "destroy with --purge",
    before: [add],
    line: "destroy my-app --confirm my-app --purge",
    several: true,
  },
];

/** The world before such a change, with something in each database. */
export async function worldBefore(before: readonly string[]): Promise<World> {
  const world = await worldAfter(...before);
  for (const [id, instance] of Object.entries(world.docker.instances)) instance.rows.push(`row of ${id}`);
  return world;
}

/** What a user sees of a world: equal facts are the same to him. */
export function factsOf(world: World): object {
  const { apps, addons } = world.state();
  return {
    apps: Object.values(apps).map(({ name, variables, removed_at }) => ({
      name,
      variables,
      destroyed: removed_at !== null,
    })),
    addons: Object.values(addons).map(({ id, plan, status, variable, port }) => ({
      id,
      plan,
      status,
      variable,
      port,
    })),
    instances: Object.entries(world.docker.instances).map(([id, { running, rows, spec }]) => ({
      id,
      running,
      rows,
      memory: spec?.limits.memory,
    })),
  };
}

/** Nothing under way, nothing orphaned, every database as the store says it is, no secret lying about. */
export function expectSound(world: World): void {
  const { apps, addons } = world.state();
  const { instances, networks } = world.docker;
  expect(Object.keys(instances).sort()).toEqual(Object.keys(addons).sort());
  for (const network of Object.keys(networks))
    expect(Object.values(apps).map((app) => app.network)).toContain(network);
  for (const addon of Object.values(addons)) {
    const instance = instances[addon.id];
    expect(addon.operation).toBeNull();
    expect(["running", "stopped", "removed"]).toContain(addon.status);
    expect(instance).toMatchObject({ running: addon.status === "running", data: true, helpers: 0 });
    const { memory, connections } = planOf(addon.plan);
    expect(instance?.spec?.limits).toEqual(limitsOf(planOf(addon.plan)));
    expect(instance?.files["conf/postgresql.conf"]?.content).toContain(
      `max_connections = ${connections + 10}\n`,
    );
    const record = JSON.parse(instance?.files["addon.json"]?.content ?? "{}");
    expect(record).toMatchObject({
      addon: { id: addon.id, plan: addon.plan, password: addon.password },
      limits: { memory },
    });
    expect(instance?.files["init.sql"]).toBeUndefined();
    const ca: { certificate: string } = JSON.parse(
      readFileSync(join(world.home, "tls", `${addon.id}.json`), "utf8"),
    );
    if (addon.status !== "running") continue;
    expect(instance?.startedWith?.limits).toEqual(limitsOf(planOf(addon.plan)));
    expect(instance?.startedWith?.conf).toContain(`max_connections = ${connections + 10}\n`);
    expect(login([world.docker], addon, ca.certificate)).toBeUndefined();
  }
  const authorities = join(world.home, "tls");
  expect(existsSync(authorities) ? readdirSync(authorities).sort() : []).toEqual(
    Object.keys(addons)
      .map((id) => `${id}.json`)
      .sort(),
  );
  if (existsSync(world.home))
    expect(filesIn(world.home).filter((name) => name.includes(".tmp-"))).toEqual([]);
}
