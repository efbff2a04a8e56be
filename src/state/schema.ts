import { z } from "zod";
import { STATE_VERSION } from "./types.ts";
import type { State } from "./types.ts";

/**
 * What may be written. Reading does not load this file: it costs more than the whole of `pgaddon env`.
 * types.ts says the same in TypeScript; `check` below fails to compile when the two drift apart.
 */
const time = z.iso.datetime({ offset: true });

const appName = z.string().regex(/^[a-z]([a-z0-9-]{0,46}[a-z0-9])?$/);

const operation = z.strictObject({
  id: z.string().min(1),
  kind: z.enum(["provision", "upgrade", "stop", "start", "restart", "remove", "restore", "purge"]),
  step: z.string(),
  started_at: time,
  input: z.record(z.string(), z.string()),
});

const node = z.strictObject({
  name: z.string().min(1),
  instance: z.string().min(1),
  role: z.enum(["primary", "standby"]),
});

const addon = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]*-[0-9]+$/),
  uuid: z.string().startsWith("ad-"),
  app: appName,
  type: z.literal("postgresql"),
  plan: z.string().min(1),
  engine: z.enum(["docker", "local"]),
  runtime: z.string(),
  status: z.enum(["provisioning", "running", "updating", "stopped", "removed", "failed"]),
  version: z.string(),
  client_tools: z.boolean(),
  host: z.string().min(1),
  port: z.int().min(1).max(65535),
  database: z.string().min(1),
  user: z.string().min(1),
  password: z.string().min(20),
  variable: z.string().min(1),
  nodes: z.array(node).min(1),
  created_at: time,
  removed_at: time.nullable(),
  purge_at: time.nullable(),
  alias: z.string().nullable(),
  operation: operation.nullable(),
});

const app = z.strictObject({
  name: appName,
  created_at: time,
  removed_at: time.nullable(),
  variables: z.record(z.string(), z.string()),
  network: z.string().nullable(),
  links: z.array(z.string()),
  env_files: z.array(z.strictObject({ path: z.string().startsWith("/"), internal: z.boolean() })),
});

const state = z.strictObject({
  version: z.literal(STATE_VERSION),
  home_id: z.string().regex(/^[0-9a-f]{16}$/),
  next_number: z.int().min(1),
  apps: z.record(z.string(), app),
  addons: z.record(z.string(), addon),
});

const check: z.ZodType<State> = state;

/** Throws with the path of the first thing wrong. */
export function validate(value: State): void {
  const result = check.safeParse(value);
  if (!result.success) throw new Error(`state is invalid at ${first(result.error)}`);
}

/** The first thing wrong with one entry, for a rebuild that leaves it out; undefined when it may be written. */
export function problemOf(kind: "app" | "addon", value: unknown): string | undefined {
  const result = (kind === "app" ? app : addon).safeParse(value);
  return result.success ? undefined : first(result.error);
}

function first({ issues: [issue] }: z.ZodError): string {
  return `${issue?.path.join(".") ?? "?"}: ${issue?.message ?? "?"}`;
}
