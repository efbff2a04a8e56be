import addons from "./addons.ts";
import addonsAdd from "./addons-add.ts";
import addonsInfo from "./addons-info.ts";
import addonsList from "./addons-list.ts";
import addonsPlans from "./addons-plans.ts";
import addonsRemove from "./addons-remove.ts";
import addonsRestore from "./addons-restore.ts";
import addonsStart from "./addons-start.ts";
import addonsStop from "./addons-stop.ts";
import addonsUpgrade from "./addons-upgrade.ts";
import apps from "./apps.ts";
import appsLink from "./apps-link.ts";
import appsUnlink from "./apps-unlink.ts";
import completion from "./completion.ts";
import create from "./create.ts";
import dbTunnel from "./db-tunnel.ts";
import destroy from "./destroy.ts";
import doctor from "./doctor.ts";
import env from "./env.ts";
import envGet from "./env-get.ts";
import envSet from "./env-set.ts";
import envUnset from "./env-unset.ts";
import logs from "./logs.ts";
import pgsqlConsole from "./pgsql-console.ts";
import restart from "./restart.ts";
import runCommand from "./run.ts";
import type { Command } from "./define.ts";

/**
 * The table of contents: what `pgaddon --help` shows. All commands are loaded at once: in the bundle that is one file, which
 * starts sooner than one a command. What is heavy is imported where it is used.
 */
export interface Entry {
  readonly name: string;
  readonly summary: string;
  readonly group: "Apps" | "Add-ons" | "Environment" | "Access" | "This tool";
  readonly aliases?: readonly string[];
  readonly command: Command;
}

export const registry: readonly Entry[] = [
  { name: "apps", group: "Apps", summary: "List the apps", command: apps },
  { name: "create", group: "Apps", summary: "Create an app", command: create },
  { name: "destroy", group: "Apps", summary: "Remove an app and its add-ons", command: destroy },
  {
    name: "restart",
    group: "Apps",
    summary: "Restart the app's linked containers, or one of its databases",
    command: restart,
  },
  {
    name: "apps-link",
    group: "Apps",
    summary: "Join a container to the app's network",
    command: appsLink,
  },
  {
    name: "apps-unlink",
    group: "Apps",
    summary: "Take a container off the app's network",
    command: appsUnlink,
  },

  { name: "addons", group: "Add-ons", summary: "List the add-ons of an app", command: addons },
  {
    name: "addons-list",
    group: "Add-ons",
    summary: "List the kinds of add-on there are",
    command: addonsList,
  },
  {
    name: "addons-plans",
    group: "Add-ons",
    summary: "List the plans of an add-on",
    command: addonsPlans,
  },
  { name: "addons-add", group: "Add-ons", summary: "Add a database to an app", command: addonsAdd },
  {
    name: "addons-upgrade",
    group: "Add-ons",
    summary: "Change the plan of an add-on, up or down",
    command: addonsUpgrade,
  },
  {
    name: "addons-info",
    group: "Add-ons",
    summary: "Show everything about an add-on",
    command: addonsInfo,
  },
  { name: "addons-stop", group: "Add-ons", summary: "Stop a database", command: addonsStop },
  {
    name: "addons-start",
    group: "Add-ons",
    summary: "Start a stopped database",
    command: addonsStart,
  },
  {
    name: "addons-remove",
    group: "Add-ons",
    summary: "Remove an add-on; its data is kept for 7 days",
    command: addonsRemove,
  },
  {
    name: "addons-restore",
    group: "Add-ons",
    summary: "Bring a removed add-on back",
    command: addonsRestore,
  },

  { name: "env", group: "Environment", summary: "Show the variables of an app", command: env },
  {
    name: "env-get",
    group: "Environment",
    summary: "Show one variable, aliases resolved",
    command: envGet,
  },
  { name: "env-set", group: "Environment", summary: "Set variables", command: envSet },
  { name: "env-unset", group: "Environment", summary: "Unset variables", command: envUnset },
  {
    name: "run",
    group: "Environment",
    summary: "Run a command with the app's variables",
    command: runCommand,
  },

  {
    name: "pgsql-console",
    group: "Access",
    summary: "Open psql on a database",
    aliases: ["psql-console", "postgresql-console"],
    command: pgsqlConsole,
  },
  {
    name: "db-tunnel",
    group: "Access",
    summary: "Listen locally and forward to a database",
    command: dbTunnel,
  },
  { name: "logs", group: "Access", summary: "Show a database's log", command: logs },

  {
    name: "doctor",
    group: "This tool",
    summary: "Check the engine, the state and what runs",
    command: doctor,
  },
  {
    name: "completion",
    group: "This tool",
    summary: "Print the completion script of a shell",
    command: completion,
  },
];

/** The entry of a command as typed: name or alias. */
export function findEntry(name: string): Entry | undefined {
  return registry.find((entry) => entry.name === name || entry.aliases?.includes(name));
}

export function commandNames(): string[] {
  return registry.flatMap((entry) => [entry.name, ...(entry.aliases ?? [])]);
}
