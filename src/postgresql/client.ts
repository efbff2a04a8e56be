import pg from "pg";
import type { Addon } from "../state/types.ts";

/** Why a server did not answer: PostgreSQL's or the system's code (empty without one), and the text. */
export interface Refusal {
  code: string;
  message: string;
}

/** One try to log in as the app role over TCP and TLS, the certificate checked, and to run a query. Undefined: it answers. */
export async function whyNotAnswering(addon: Addon, ca: string): Promise<Refusal | undefined> {
  const client = new pg.Client({
    host: addon.host,
    port: addon.port,
    user: addon.user,
    password: addon.password,
    database: addon.database,
    ssl: { ca, rejectUnauthorized: true },
    connectionTimeoutMillis: 5000,
    application_name: "pgaddon",
  });
  // A connection that breaks later than the query is nobody's business.
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query("SELECT 1");
    return undefined;
  } catch (error) {
    const code =
      error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
    return { code, message: error instanceof Error ? error.message : String(error) };
  } finally {
    await client.end().catch(() => undefined);
  }
}
