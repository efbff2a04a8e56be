import type { Command } from "./define.ts";

/** The table of contents: what `pgaddon --help` shows. A command's file is loaded when it is typed. */
export interface Entry {
  readonly name: string;
  readonly summary: string;
  readonly group: "Apps" | "Add-ons" | "Environment" | "Access" | "This tool";
  readonly aliases?: readonly string[];
  readonly load: () => Promise<{ default: Command }>;
}

export const registry: readonly Entry[] = [
  { name: "apps", group: "Apps", summary: "List the apps", load: () => import("./apps.ts") },
  { name: "create", group: "Apps", summary: "Create an app", load: () => import("./create.ts") },
  { name: "destroy", group: "Apps", summary: "Remove an app and its add-ons", load: () => import("./destroy.ts") },
  {
    name: "restart",
    group: "Apps",
    summary: "Restart the app's linked containers, or one of its databases",
    load: () => import("./restart.ts"),
  },
  {
    name: "apps-link",
    group: "Apps",
    summary: "Join a container to the app's network",
    load: () => import("./apps-link.ts"),
  },
  {
    name: "apps-unlink",
    group: "Apps",
    summary: "Take a container off the app's network",
    load: () => import("./apps-unlink.ts"),
  },

  { name: "addons", group: "Add-ons", summary: "List the add-ons of an app", load: () => import("./addons.ts") },
  {
    name: "addons-list",
    group: "Add-ons",
    summary: "List the kinds of add-on there are",
    load: () => import("./addons-list.ts"),
  },
  {
    name: "addons-plans",
    group: "Add-ons",
    summary: "List the plans of an add-on",
    load: () => import("./addons-plans.ts"),
  },
  { name: "addons-add", group: "Add-ons", summary: "Add a database to an app", load: () => import("./addons-add.ts") },
  {
    name: "addons-upgrade",
    group: "Add-ons",
    summary: "Change the plan of an add-on, up or down",
    load: () => import("./addons-upgrade.ts"),
  },
  {
    name: "addons-info",
    group: "Add-ons",
    summary: "Show everything about an add-on",
    load: () => import("./addons-info.ts"),
  },
  { name: "addons-stop", group: "Add-ons", summary: "Stop a database", load: () => import("./addons-stop.ts") },
  {
    name: "addons-start",
    group: "Add-ons",
    summary: "Start a stopped database",
    load: () => import("./addons-start.ts"),
  },
  {
    name: "addons-remove",
    group: "Add-ons",
    summary: "Remove an add-on; its data is kept for 7 days",
    load: () => import("./addons-remove.ts"),
  },
  {
    name: "addons-restore",
    group: "Add-ons",
    summary: "Bring a removed add-on back",
    load: () => import("./addons-restore.ts"),
  },

  { name: "env", group: "Environment", summary: "Show the variables of an app", load: () => import("./env.ts") },
  {
    name: "env-get",
    group: "Environment",
    summary: "Show one variable, aliases resolved",
    load: () => import("./env-get.ts"),
  },
  { name: "env-set", group: "Environment", summary: "Set variables", load: () => import("./env-set.ts") },
  { name: "env-unset", group: "Environment", summary: "Unset variables", load: () => import("./env-unset.ts") },
  {
    name: "run",
    group: "Environment",
    summary: "Run a command with the app's variables",
    load: () => import("./run.ts"),
  },

  {
    name: "pgsql-console",
    group: "Access",
    summary: "Open psql on a database",
    aliases: ["psql-console", "postgresql-console"],
    load: () => import("./pgsql-console.ts"),
  },
  {
    name: "db-tunnel",
    group: "Access",
    summary: "Listen locally and forward to a database",
    load: () => import("./db-tunnel.ts"),
  },
  { name: "logs", group: "Access", summary: "Show a database's log", load: () => import("./logs.ts") },

  {
    name: "doctor",
    group: "This tool",
    summary: "Check the engine, the state and what runs",
    load: () => import("./doctor.ts"),
  },
  {
    name: "completion",
    group: "This tool",
    summary: "Print the completion script of a shell",
    load: () => import("./completion.ts"),
  },
];

/** The entry of a command as typed: name or alias. */
export function findEntry(name: string): Entry | undefined {
  return registry.find((entry) => entry.name === name || entry.aliases?.includes(name));
}

export function commandNames(): string[] {
  return registry.flatMap((entry) => [entry.name, ...(entry.aliases ?? [])]);
}
