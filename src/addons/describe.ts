import type { Addon } from "../state/types.ts";

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
