import type { InstanceFile, Placement } from "../engines/engine.ts";
import type { Addon } from "../state/types.ts";
import { pgHba, pgIdent, postgresqlConf } from "./settings.ts";
import type { ServerSize } from "./settings.ts";
import type { Authority } from "./tls.ts";

/** Where, below the root, what rebuilds the store entry lies: beside PGDATA, not inside. */
export const RECORD_FILE = "addon.json";

/** The record of an add-on that travels with its data. */
export interface AddonRecord {
  format: 1;
  addon: Addon;
  limits: { memory: number; connections: number; disk: number };
  authority: Authority;
}

/** What follows the plan and the address: replaced with each change. */
export function settingsFiles(addon: Addon, size: ServerSize, placement: Placement): InstanceFile[] {
  return [
    { path: "conf/postgresql.conf", mode: 0o600, content: postgresqlConf(size, placement) },
    { path: "conf/pg_hba.conf", mode: 0o600, content: pgHba(addon.database) },
    { path: "conf/pg_ident.conf", mode: 0o600, content: pgIdent(placement.osUser, [addon.user]) },
  ];
}

export function tlsFiles(authority: Authority, server: Authority): InstanceFile[] {
  return [
    { path: "tls/ca.crt", mode: 0o600, content: authority.certificate },
    { path: "tls/server.crt", mode: 0o600, content: server.certificate },
    { path: "tls/server.key", mode: 0o600, content: server.key },
  ];
}

export function recordFile(addon: Addon, size: ServerSize, authority: Authority): InstanceFile {
  const record: AddonRecord = {
    format: 1,
    // What is under way is this home's business; the record says what the data is.
    addon: { ...addon, operation: null },
    limits: { memory: size.memory, connections: size.connections, disk: size.disk },
    authority,
  };
  return { path: RECORD_FILE, mode: 0o600, content: `${JSON.stringify(record, null, 2)}\n` };
}

/** For a new add-on only: without it an empty place is refused. */
export async function initFile(addon: Addon): Promise<InstanceFile> {
  const { initSql } = await import("./roles.ts");
  return { path: "init.sql", mode: 0o600, content: initSql(addon.user, addon.database, addon.password) };
}
