import type { Context } from "../context.ts";
import type { App, State } from "../state/types.ts";
import { run } from "../support/run.ts";
import { addonUrl, environment, resolveAll } from "./environment.ts";
import { addonsOf } from "./find.ts";
import { placementOf, primaryOf } from "./instance.ts";

interface UrlCheck {
  name: string;
  ok: boolean;
  message: string;
}

/** Run psql over every PostgreSQL URL of an app and say which answers; resolves to the exit code. */
export async function checkUrls(context: Context, state: State, app: App, json: boolean): Promise<number> {
  const values = resolveAll(environment(state, app));
  const urls = Object.entries(values).filter(([, value]) =>
    /^(postgres|postgresql|postgis):\/\//.test(value),
  );
  const checks = await Promise.all(urls.map(([name, url]) => check(context, state, app, name, url)));
  if (json) context.output.json({ checks });
  else
    for (const { name, ok, message } of checks)
      context.output.print(`${name}: ${ok ? "ok" : "FAILED"}, ${message}`);
  if (checks.length === 0) context.output.note(`${app.name} has no PostgreSQL URL`);
  return checks.every(({ ok }) => ok) ? 0 : 1;
}

async function check(context: Context, state: State, app: App, name: string, url: string): Promise<UrlCheck> {
  let parts: NodeJS.ProcessEnv;
  try {
    parts = libpqEnvironment(new URL(url.replace(/^postgis:/, "postgres:")));
  } catch {
    return { name, ok: false, message: "not a URL" };
  }
  const sql =
    "SELECT 'PostgreSQL ' || split_part(current_setting('server_version'), ' ', 1) || ', ' || coalesce((SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()), 'no TLS')";
  // The URL goes in by libpq's environment: an argument would show the password to everybody on the machine.
  const env = { ...context.env, ...parts, PGCONNECT_TIMEOUT: "5", PGAPPNAME: "pgaddon" };
  const found = await run("psql", ["-X", "-w", "-A", "-t", "-c", sql], { env, timeoutMs: 15_000 });
  const { exitCode, stdout, stderr } =
    found.exitCode === 127 ? await checkInside(context, state, app, url, sql) : found;
  return exitCode === 0
    ? { name, ok: true, message: stdout.trim() }
    : { name, ok: false, message: stderr.trim().split("\n")[0] || `psql ended with exit code ${exitCode}` };
}

/** No psql here: the instance's own one, from inside. */
async function checkInside(
  context: Context,
  state: State,
  app: App,
  url: string,
  sql: string,
): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const addon = addonsOf(state, app.name).find((candidate) => addonUrl(candidate) === url);
  if (addon === undefined)
    return { exitCode: 1, stdout: "", stderr: "there is no psql on this machine to check it with" };
  const { psqlArgv } = await import("../postgresql/superuser.ts");
  const engine = await context.engine(addon.engine);
  const placement = placementOf(engine, addon);
  const script = `\\connect "host=127.0.0.1 port=${placement.listenPort} dbname=${addon.database} user=${addon.user} password=${addon.password}"\n${sql};\n`;
  const argv = psqlArgv(placement, "postgres", "postgres", [
    "-X",
    "-q",
    "-A",
    "-t",
    "-v",
    "ON_ERROR_STOP=1",
    "-f",
    "-",
  ]);
  return engine.exec(primaryOf(addon), argv, script);
}

/** Throws for what is no URL after all: `%zz`, or a `%00` that no environment can hold. */
function libpqEnvironment(url: URL): NodeJS.ProcessEnv {
  const option = (name: string): string | null => url.searchParams.get(name);
  const variables = {
    PGHOST: decodeURIComponent(url.hostname.replace(/^\[|\]$/g, "")) || "localhost",
    PGPORT: url.port || "5432",
    PGUSER: decodeURIComponent(url.username),
    PGPASSWORD: decodeURIComponent(url.password),
    PGDATABASE: decodeURIComponent(url.pathname.slice(1)) || decodeURIComponent(url.username),
    PGSSLMODE: option("sslmode") ?? "prefer",
    ...(option("sslrootcert") === null ? {} : { PGSSLROOTCERT: option("sslrootcert") ?? "" }),
  };
  if (Object.values(variables).some((value) => value.includes("\0"))) throw new Error("not a URL");
  return variables;
}
