import type { Engine, Placement } from "../engines/engine.ts";
import { UserError } from "../errors.ts";

/** psql as the superuser over the socket inside the instance; the statement goes in on stdin. */
export async function superuserQuery(
  engine: Engine,
  instance: string,
  placement: Placement,
  database: string,
  sql: string,
): Promise<string[][]> {
  const { exitCode, stdout, stderr } = await engine.exec(
    instance,
    psqlArgv(placement, "postgres", database, [
      "-X",
      "-q",
      "-A",
      "-t",
      "-F",
      "\t",
      "-v",
      "ON_ERROR_STOP=1",
      "-f",
      "-",
    ]),
    sql,
  );
  if (exitCode !== 0)
    throw new UserError(`The database refused a query: ${stderr.trim() || `exit code ${exitCode}`}`);
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split("\t"));
}

/** psql of the server's own version, over its socket; the database's name is no conninfo string. */
export function psqlArgv(
  placement: Placement,
  user: string,
  database: string,
  args: readonly string[],
): string[] {
  return [
    `${placement.bin}/psql`,
    `--host=${placement.socketDirectory}`,
    `--port=${placement.listenPort}`,
    `--username=${user}`,
    `--dbname=${database}`,
    "--no-password",
    ...args,
  ];
}

export interface DatabaseFacts {
  /** Sessions of others than the superuser. */
  connections: number;
  /** Bytes of all databases together. */
  size: number;
  version: string;
}

/** What the checks before a change need to know of a running server. */
export async function databaseFacts(
  engine: Engine,
  instance: string,
  placement: Placement,
): Promise<DatabaseFacts> {
  const rows = await superuserQuery(
    engine,
    instance,
    placement,
    "postgres",
    `SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND usename <> 'postgres'),
            (SELECT coalesce(sum(pg_database_size(oid)), 0) FROM pg_database),
            current_setting('server_version');`,
  );
  const [connections = "", size = "", version = ""] = rows[0] ?? [];
  return { connections: Number(connections), size: Number(size), version: version.split(" ")[0] ?? "" };
}
