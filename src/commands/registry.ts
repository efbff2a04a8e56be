import addons from "./addons.ts";
import addonsList from "./addons-list.ts";
import addonsPlans from "./addons-plans.ts";
import apps from "./apps.ts";
import env from "./env.ts";
import envGet from "./env-get.ts";
import type { Command } from "./define.ts";

/**
 * The table of contents: what `pgaddon --help` shows. Commands that only read are here at once: together with what they need
 * they are one file of the bundle. The others, and what they need, are another.
 */
export interface Entry {
  readonly name: string;
  readonly summary: string;
  readonly group: "Apps" | "Add-ons" | "Environment" | "Access" | "This tool";
  readonly aliases?: readonly string[];
  readonly load: () => Promise<Command>;
}

export const registry: readonly Entry[] = [
  { name: "apps", group: "Apps", summary: "List the apps", load: async () => apps },
  {
    name: "create",
    group: "Apps",
    summary: "Create an app",
    load: async () => (await import("./create.ts")).default,
  },
  {
    name: "destroy",
    group: "Apps",
    summary: "Remove an app and its add-ons",
    load: async () => (await import("./destroy.ts")).default,
  },
  {
    name: "restart",
    group: "Apps",
    summary: "Restart the app's linked containers, or one of its databases",
    load: async () => (await import("./restart.ts")).default,
  },
  {
    name: "apps-link",
    group: "Apps",
    summary: "Join a container to the app's network",
    load: async () => (await import("./apps-link.ts")).default,
  },
  {
    name: "apps-unlink",
    group: "Apps",
    summary: "Take a container off the app's network",
    load: async () => (await import("./apps-unlink.ts")).default,
  },

  { name: "addons", group: "Add-ons", summary: "List the add-ons of an app", load: async () => addons },
  {
    name: "addons-list",
    group: "Add-ons",
    summary: "List the kinds of add-on there are",
    load: async () => addonsList,
  },
  {
    name: "addons-plans",
    group: "Add-ons",
    summary: "List the plans of an add-on",
    load: async () => addonsPlans,
  },
  {
    name: "addons-add",
    group: "Add-ons",
    summary: "Add a database to an app",
    load: async () => (await import("./addons-add.ts")).default,
  },
  {
    name: "addons-upgrade",
    group: "Add-ons",
    summary: "Change the plan of an add-on, up or down",
    load: async () => (await import("./addons-upgrade.ts")).default,
  },
  {
    name: "addons-info",
    group: "Add-ons",
    summary: "Show everything about an add-on",
    load: async () => (await import("./addons-info.ts")).default,
  },
  {
    name: "addons-stop",
    group: "Add-ons",
    summary: "Stop a database",
    load: async () => (await import("./addons-stop.ts")).default,
  },
  {
    name: "addons-start",
    group: "Add-ons",
    summary: "Start a stopped database",
    load: async () => (await import("./addons-start.ts")).default,
  },
  {
    name: "addons-remove",
    group: "Add-ons",
    summary: "Remove an add-on; its data is kept for 7 days",
    load: async () => (await import("./addons-remove.ts")).default,
  },
  {
    name: "addons-restore",
    group: "Add-ons",
    summary: "Bring a removed add-on back",
    load: async () => (await import("./addons-restore.ts")).default,
  },

  { name: "env", group: "Environment", summary: "Show the variables of an app", load: async () => env },
  {
    name: "env-get",
    group: "Environment",
    summary: "Show one variable, aliases resolved",
    load: async () => envGet,
  },
  {
    name: "env-set",
    group: "Environment",
    summary: "Set variables",
    load: async () => (await import("./env-set.ts")).default,
  },
  {
    name: "env-unset",
    group: "Environment",
    summary: "Unset variables",
    load: async () => (await import("./env-unset.ts")).default,
  },
  {
    name: "run",
    group: "Environment",
    summary: "Run a command with the app's variables",
    load: async () => (await import("./run.ts")).default,
  },

  {
    name: "pgsql-console",
    group: "Access",
    summary: "Open psql on a database",
    aliases: ["psql-console", "postgresql-console"],
    load: async () => (await import("./pgsql-console.ts")).default,
  },
  {
    name: "db-tunnel",
    group: "Access",
    summary: "Listen locally and forward to a database",
    load: async () => (await import("./db-tunnel.ts")).default,
  },
  {
    name: "logs",
    group: "Access",
    summary: "Show a database's log",
    load: async () => (await import("./logs.ts")).default,
  },

  {
    name: "doctor",
    group: "This tool",
    summary: "Check the engine, the state and what runs",
    load: async () => (await import("./doctor.ts")).default,
  },
  {
    name: "completion",
    group: "This tool",
    summary: "Print the completion script of a shell",
    load: async () => (await import("./completion.ts")).default,
  },
];

/** The entry of a command as typed: name or alias. */
export function findEntry(name: string): Entry | undefined {
  return registry.find((entry) => entry.name === name || entry.aliases?.includes(name));
}

export function commandNames(): string[] {
  return registry.flatMap((entry) => [entry.name, ...(entry.aliases ?? [])]);
}
