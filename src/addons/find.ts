import type { Context } from "../context.ts";
import { UserError } from "../errors.ts";
import type { Addon, App, State } from "../state/types.ts";
import { didYouMean } from "../support/nearest.ts";
import { seemsAlive } from "../engines/local-alive.ts";

const types = new Set(["postgresql", "psql", "pgsql", "postgres"]);

/** `postgresql` for any of its names, else undefined. */
export function typeNamed(name: string): "postgresql" | undefined {
  return types.has(name.toLowerCase()) ? "postgresql" : undefined;
}

/** 1 to 48 of a-z 0-9 and -, starting with a letter, ending in a letter or digit. */
export function checkAppName(name: string): void {
  if (/^[a-z]([a-z0-9-]{0,46}[a-z0-9])?$/.test(name)) return;
  throw new UserError(`'${printable(name)}' is not a valid app name`, {
    hint: "1 to 48 letters a-z, digits and hyphens; starts with a letter, ends in a letter or digit.",
    exitCode: 2,
  });
}

/** Name of the app meant: option, environment, then git. Throws UserError when nothing names one. */
export async function appName(context: Context, option: string | undefined): Promise<string> {
  const name =
    option ?? (context.env["PGADDON_APP"] || context.env["SCALINGO_APP"] || (await appNameFromGit(context)));
  if (name === undefined) {
    throw new UserError("Unable to find the application name, please use --app flag.", {
      hint: "Or set PGADDON_APP, or run `pgaddon create <app>` inside your git repository.",
    });
  }
  checkAppName(name);
  return name;
}

/**
 * The app meant, as the store has it, once what was interrupted is settled and what a reboot stopped runs again. Throws
 * UserError, with the nearest names, for an unknown one. A destroyed app counts only when `destroyed` is set.
 */
export async function findApp(
  context: Context,
  option: string | undefined,
  destroyed = false,
): Promise<{ app: App; state: State }> {
  const name = await appName(context, option);
  const state = context.store.read();
  const addons = Object.values(state.addons).filter((addon) => addon.app === name);
  if (!needsCare(context, state.home_id, addons)) return look(state, name, destroyed);
  const { care } = await import("./care.ts");
  await care(context, addons);
  return look(context.store.read(), name, destroyed);
}

function look(state: State, name: string, destroyed: boolean): { app: App; state: State } {
  const app = own(state.apps, name);
  if (app !== undefined && (destroyed || app.removed_at === null)) return { app, state };
  if (app !== undefined) {
    throw new UserError(`The application '${name}' was destroyed`, {
      hint: `Until its data is deleted it can be brought back: \`pgaddon --app ${name} addons-restore\`.`,
    });
  }
  const names = Object.values(state.apps).flatMap((known) => (known.removed_at === null ? [known.name] : []));
  throw new UserError(`The application '${name}' was not found`, {
    hint:
      didYouMean(name, names) ??
      (names.length === 0 ? "Create it with `pgaddon create <app>`." : "See `pgaddon apps`."),
  });
}

/** Cheap enough for `env`: is there an interrupted change, or a local server that should run and does not? */
function needsCare(context: Context, homeId: string, addons: readonly Addon[]): boolean {
  const where = { env: context.env, home: context.store.home, homeId };
  return addons.some(
    ({ operation, engine, status, nodes }) =>
      operation !== null ||
      (engine === "local" && status === "running" && nodes.some((node) => !seemsAlive(where, node.instance))),
  );
}

/** The add-ons of an app that are there, oldest first; `removed` for those that were removed instead. */
export function addonsOf(state: State, app: string, removed = false): Addon[] {
  return Object.values(state.addons).filter(
    (addon) => addon.app === app && (addon.status === "removed") === removed,
  );
}

/**
 * The add-on meant among those of an app: id, `ad-<uuid>` or type; without one, the environment's, else the only one.
 * Throws UserError naming the choices.
 */
export function findAddon(
  context: Context,
  app: App,
  choices: readonly Addon[],
  reference: string | undefined,
  removed = false,
): Addon {
  const wanted = reference ?? (context.env["PGADDON_ADDON"] || context.env["SCALINGO_ADDON"] || undefined);
  const existing = [
    ...(choices.length === 0 ? [] : ["Existing addons:"]),
    ...choices.map((addon) => `  - ${addon.id} (PostgreSQL ${addon.plan})`),
  ];
  const there = removed ? "removed addon" : "addon";
  if (wanted === undefined) {
    const [first, ...others] = choices;
    if (first !== undefined && others.length === 0) return first;
    throw new UserError(
      first === undefined
        ? `The application '${app.name}' has no ${there}`
        : `Which ${there} of '${app.name}'?`,
      { hint: [...(first === undefined ? [] : ["Name it with --addon ID."]), ...existing] },
    );
  }
  const exact = choices.find((addon) => addon.id === wanted || addon.uuid === wanted);
  if (exact !== undefined) return exact;
  const ofType = typeNamed(wanted) === undefined ? [] : choices;
  const [first, ...others] = ofType;
  if (first !== undefined && others.length === 0) return first;
  if (first !== undefined) {
    throw new UserError(`'${wanted}' is more than one ${there} of '${app.name}'`, { hint: existing });
  }
  const near = didYouMean(
    wanted,
    choices.map((addon) => addon.id),
  );
  throw new UserError(`Addon ${printable(wanted)} doesn't exist for app ${app.name}`, {
    hint: [...(near === undefined ? [] : [near]), ...existing],
  });
}

/** Own keys only: `constructor` is no app. */
export function own<T>(record: Record<string, T>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/** Typed text for a message: no control characters, no more than a line of it. */
export function printable(text: string): string {
  const clean = text.replaceAll(/[\p{Cc}\p{Cf}]/gu, "?");
  return clean.length > 60 ? `${clean.slice(0, 57)}...` : clean;
}

async function appNameFromGit(context: Context): Promise<string | undefined> {
  const { run } = await import("../support/run.ts");
  const git = async (...args: string[]): Promise<string | undefined> => {
    const { exitCode, stdout } = await run("git", args, { cwd: context.cwd, timeoutMs: 5000 });
    return exitCode === 0 && stdout.trim() !== "" ? stdout.trim() : undefined;
  };
  const configured = await git("config", "--get", "pgaddon.app");
  if (configured !== undefined) return configured;
  const remote = await git("config", "--get", "remote.scalingo.url");
  // git@ssh.<region>.scalingo.com:<app>.git
  return remote === undefined ? undefined : /scalingo\.com:(?:.*\/)?([^/]+?)(?:\.git)?$/.exec(remote)?.[1];
}
