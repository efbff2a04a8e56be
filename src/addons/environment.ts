import { UserError } from "../errors.ts";
import type { Addon, App, State } from "../state/types.ts";
import { addonsOf, own } from "./find.ts";

/** The connection URL of an add-on from this machine, or, `internal`, from a container on the app's network. */
export function addonUrl(addon: Addon, internal = false): string {
  const password = encodeURIComponent(addon.password);
  const address = internal && addon.engine === "docker" ? `${addon.id}:5432` : `${addon.host}:${addon.port}`;
  return `postgres://${addon.user}:${password}@${address}/${addon.database}`;
}

/** The first add-on of its kind has the plain name, the others carry their number. */
export function variableFor(state: State, app: string, number: number): string {
  const taken = Object.values(state.addons).some(
    (addon) =>
      addon.app === app && addon.status !== "removed" && addon.variable === "SCALINGO_POSTGRESQL_URL",
  );
  return taken ? `SCALINGO_POSTGRESQL_${number}_URL` : "SCALINGO_POSTGRESQL_URL";
}

/** Does this add-on's URL stand in the environment? */
export function publishes(addon: Addon): boolean {
  return addon.status !== "removed" && addon.status !== "provisioning" && addon.status !== "failed";
}

/** An app's variables, sorted by name, aliases left as they are. */
export function environment(state: State, app: App, internal = false): Record<string, string> {
  const values: [string, string][] = Object.entries(app.variables);
  for (const addon of addonsOf(state, app.name)) {
    if (publishes(addon)) values.push([addon.variable, addonUrl(addon, internal)]);
  }
  return Object.fromEntries(values.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

/** The add-on whose own variable this is. */
export function ownerOf(state: State, app: App, name: string): Addon | undefined {
  return addonsOf(state, app.name).find((addon) => publishes(addon) && addon.variable === name);
}

/** A variable's value with `$OTHER` followed to the end; what an alias points to in vain is left as it stands. */
export function resolve(values: Record<string, string>, name: string): string | undefined {
  const seen = new Set<string>();
  let at = name;
  let value = own(values, at);
  while (value !== undefined && !seen.has(at)) {
    seen.add(at);
    const alias = /^\$([A-Za-z][A-Za-z0-9_]*)$/.exec(value)?.[1];
    const next = alias === undefined ? undefined : own(values, alias);
    if (alias === undefined || next === undefined) return value;
    at = alias;
    value = next;
  }
  return value;
}

/** All of them, resolved: what a program is given. */
export function resolveAll(values: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.keys(values).map((name) => [name, resolve(values, name) ?? ""]));
}

/** The platform's rules. Throws UserError. */
export function checkVariable(name: string, value: string): void {
  const wrong = (why: string): UserError =>
    new UserError(`'${name.slice(0, 70)}' is invalid: ${why}`, { exitCode: 2 });
  if (name === "" || value === "") throw wrong("format is invalid, accepted: VAR=VAL");
  if (!/^[A-Za-z0-9_]+$/.test(name))
    throw wrong("name can only be composed with letters, digits and underscores");
  if (!/^[A-Za-z]/.test(name)) throw wrong("name must start with a letter");
  if (name.length > 64) throw wrong("name is longer than 64 characters");
  if (value.length > 32_768) throw wrong("value is longer than 32768 characters");
  if (value.includes("\0")) throw wrong("value holds a NUL character");
}

export type EnvironmentFormat = "plain" | "dotenv" | "shell";

/** The variables as text: bare lines, a .env file, or `export` lines that a shell can eval. */
export function formatEnvironment(values: Record<string, string>, format: EnvironmentFormat): string {
  return Object.entries(values)
    .map(([name, value]) => {
      if (format === "plain") return `${name}=${value}`;
      if (format === "shell") return `export ${name}='${value.replaceAll("'", `'\\''`)}'`;
      return `${name}=${dotenv(value)}`;
    })
    .join("\n");
}

/**
 * Bare where every reader agrees on it; else the quotes that hold it without an escape, for readers differ about those; only
 * `\r` in double quotes is common to all. A last backslash would take the closing quote with it. What no quotes hold is
 * written as shells read it.
 */
function dotenv(value: string): string {
  if (/^[A-Za-z0-9_./:@%+,=?&~-]*$/.test(value)) return value;
  if (value.endsWith("\\") && /^[^\s'"`#][^#\r\n]*$/.test(value)) return value;
  if (!/['\r]/.test(value)) return `'${value}'`;
  const returns = value.replaceAll("\r", "\\r");
  if (!/["\\$`]/.test(value)) return `"${returns}"`;
  if (!/[`\r]/.test(value)) return `\`${value}\``;
  if (!/"|\\[nr]/.test(value)) return `"${returns}"`;
  return `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("$", "\\$").replaceAll("\n", "\\n").replaceAll("\r", "\\r")}"`;
}
