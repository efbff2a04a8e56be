import type { Addon } from "../state/types.ts";

/** What to say of a server that came without pg_dump and psql. */
export function noTools(addon: Addon): string {
  return `${addon.id}: this PostgreSQL came without pg_dump, backups are not possible`;
}

/** An add-on as every JSON list shows it. */
export function describeAddon(addon: Addon): Record<string, string | number> {
  return {
    id: addon.id,
    uuid: addon.uuid,
    app: addon.app,
    type: addon.type,
    plan: addon.plan,
    status: addon.status,
    engine: addon.engine,
    version: addon.version,
    host: addon.host,
    port: addon.port,
    database: addon.database,
    created_at: addon.created_at,
  };
}
