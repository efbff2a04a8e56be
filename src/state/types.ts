import type { EngineName } from "../engines/engine.ts";

/** The one document of a home: intent and last known facts. The engine is the truth for what runs. */
export interface State {
  version: typeof STATE_VERSION;
  /** 16 hex digits; labels everything this home makes. */
  home_id: string;
  /** Number of the next add-on; never used twice. */
  next_number: number;
  apps: Record<string, App>;
  addons: Record<string, Addon>;
}

export const STATE_VERSION = 1;

/** A name that owns variables and add-ons. */
export interface App {
  name: string;
  created_at: string;
  /** Set by destroy: the entry stays for as long as one of its add-ons can be brought back. */
  removed_at: string | null;
  /** Set by the user, and the DATABASE_URL alias. An add-on's own variable is derived from the add-on. */
  variables: Record<string, string>;
  /** Name of its network on the Docker engine, once made. */
  network: string | null;
  /** Containers joined with apps-link. */
  links: string[];
  /** Files kept in step with the variables. */
  env_files: EnvFile[];
}

export interface EnvFile {
  /** Absolute. */
  path: string;
  /** With the addresses that containers on the app's network see. */
  internal: boolean;
}

export type AddonStatus = "provisioning" | "running" | "updating" | "stopped" | "removed" | "failed";

/** One provisioned database service of an app. */
export interface Addon {
  id: string;
  uuid: string;
  app: string;
  type: "postgresql";
  /** Plan id, never an alias. */
  plan: string;
  engine: EngineName;
  /** Runtime.id of the engine; empty until prepared. */
  runtime: string;
  status: AddonStatus;
  /** Full server version; empty until prepared. */
  version: string;
  /** psql, pg_dump and pg_restore came with it; without them there are no backups. */
  client_tools: boolean;
  host: string;
  port: number;
  database: string;
  user: string;
  password: string;
  /** Name of the variable that carries its URL. */
  variable: string;
  nodes: Node[];
  created_at: string;
  removed_at: string | null;
  /** When a removed add-on's data goes. */
  purge_at: string | null;
  /** The variable that was an alias of `variable` when the add-on was removed, to be brought back with it. */
  alias: string | null;
  /** The change under way, or interrupted. */
  operation: Operation | null;
}

export interface Node {
  name: string;
  /** Name of the engine's instance. */
  instance: string;
  role: "primary" | "standby";
}

export type OperationKind =
  | "provision"
  | "upgrade"
  | "stop"
  | "start"
  | "restart"
  | "remove"
  | "restore"
  | "purge";

/** A change of one add-on, written before each of its steps. */
export interface Operation {
  id: string;
  kind: OperationKind;
  /** The step that was begun last. */
  step: string;
  started_at: string;
  input: Record<string, string>;
}
