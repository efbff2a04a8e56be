import { describeAddon } from "../addons/describe.ts";
import { addonsOf, findAddon, findApp } from "../addons/find.ts";
import { placementOf, primaryOf } from "../addons/instance.ts";
import { planOf } from "../addons/plans.ts";
import type { Plan } from "../addons/plans.ts";
import type { Context } from "../context.ts";
import type { Engine, InstanceState } from "../engines/engine.ts";
import { messageOf } from "../errors.ts";
import { databaseFacts } from "../postgresql/superuser.ts";
import type { DatabaseFacts } from "../postgresql/superuser.ts";
import type { Addon } from "../state/types.ts";
import { formatBytes } from "../support/bytes.ts";
import { define, format } from "./define.ts";

export default define({
  description: "Show everything about an add-on: what the store knows and how it is now.",
  args: ["[addon]"],
  options: { format },
  examples: ["--app my-app addons-info", "--app my-app addons-info my-app-3030 --format json"],
  async run(context, { args: [reference], options }) {
    const { output } = context;
    const { app, state } = await findApp(context, options.app);
    const addon = findAddon(context, app, addonsOf(state, app.name), reference ?? options.addon);
    const plan = planOf(addon.plan);
    const now = await look(context, addon);
    const nodes = addon.nodes.map(({ name, instance, role }) => ({
      name,
      instance: now.state?.reference ?? instance,
      role,
      status: now.state?.status ?? "unknown",
      synchronous: false,
      lag_bytes: null,
    }));
    if (now.trouble !== undefined) output.warn(now.trouble);
    warnOfSize(context, addon, plan, now.facts?.size);
    if (options.format === "json") {
      output.json({
        addon: {
          ...describeAddon(addon),
          version: now.facts?.version ?? addon.version,
          user: addon.user,
          variable: addon.variable,
          network: app.network,
          limits: { memory: plan.memory, disk: plan.disk, connections: plan.connections },
          enforcement: now.engine?.enforcement() ?? [],
          connections: now.facts?.connections ?? null,
          data_size: now.facts?.size ?? null,
          features: [
            { name: "force-ssl", status: "disabled" },
            { name: "publicly-available", status: "disabled" },
          ],
          nodes,
        },
      });
      return;
    }
    await output.table(null, [
      ["Addon Provider", "PostgreSQL"],
      ["ID", addon.id],
      ["UUID", addon.uuid],
      ["Plan", `${plan.id} (${plan.name})`],
      ["Status", addon.status],
      ["Database Type", "postgresql"],
      ["Version", now.facts?.version ?? addon.version],
      ["Force TLS", "disabled"],
      ["Internet Accessibility", "disabled"],
      ["Address", `${addon.host}:${addon.port}`],
      ["Database", addon.database],
      ["Variable", addon.variable],
      ["Engine", addon.engine],
      ...(app.network === null ? [] : [["Network", app.network]]),
      ["Memory", formatBytes(plan.memory)],
      ["Disk", `${now.facts === undefined ? "?" : formatBytes(now.facts.size)} of ${formatBytes(plan.disk)}`],
      ["Connections", `${now.facts?.connections ?? "?"} of ${plan.connections}`],
      ...nodes.map((node) => ["Node", `${node.name} (${node.role}, ${node.status}, ${node.instance})`]),
      ...(now.engine?.enforcement() ?? []).map((sentence) => ["Limits", sentence]),
    ]);
  },
});

interface Look {
  engine?: Engine;
  state?: InstanceState;
  facts?: DatabaseFacts;
  trouble?: string;
}

/** How it is now, as far as the engine answers. */
async function look(context: Context, addon: Addon): Promise<Look> {
  let found: Look = {};
  try {
    const engine = await context.engine(addon.engine);
    found = { engine };
    found.state = await engine.inspect(primaryOf(addon));
    const { status, reason } = found.state;
    if (status === "running" && addon.client_tools) {
      found.facts = await databaseFacts(engine, primaryOf(addon), placementOf(engine, addon));
    } else if (status !== "running" && addon.status === "running") {
      found.trouble = `${addon.id} should run and is ${status}${reason === null ? "" : `: ${reason}`}; \`pgaddon --app ${addon.app} restart --addon ${addon.id}\` starts it`;
    }
  } catch (error) {
    found.trouble = `What runs could not be asked: ${messageOf(error)}`;
  }
  return found;
}

/** The plan's disk is a line to be warned at, not a wall. */
function warnOfSize({ output }: Context, addon: Addon, plan: Plan, size: number | undefined): void {
  if (size === undefined || size < plan.disk * 0.8) return;
  output.warn(
    `${addon.id} takes ${formatBytes(size)} of the ${formatBytes(plan.disk)} of plan ${plan.id} (${Math.round((size / plan.disk) * 100)} %)`,
  );
}
