import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { UserError } from "../errors.ts";
import type { InstanceSpec } from "./engine.ts";
import type { ServerAccount } from "./local-account.ts";
import { readInside, writeInside } from "./local-files.ts";

const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;
const FILE = "instance.json";

/** What an engine with labels would keep in labels: with the folder alone, list, start and inspect work. */
const Definition = z.object({
  /** False after the instance was removed and its data kept. */
  defined: z.boolean(),
  home: z.string(),
  name: z.string(),
  app: z.string(),
  addon: z.string(),
  role: z.enum(["primary", "standby"]),
  /** Folder of the server's programs. */
  runtime: z.string(),
  host: z.string(),
  port: z.number().int(),
  limits: z.object({ memory: z.number(), cpuShares: z.number() }),
});

export type Definition = z.infer<typeof Definition>;

export function checkInstanceName(name: string): string {
  if (!NAME.test(name)) throw new UserError(`Not a name for an instance: ${JSON.stringify(name)}`);
  return name;
}

export async function readDefinition(root: string): Promise<Definition | undefined> {
  const text = await readInside(root, FILE);
  return text === undefined ? undefined : parse(text);
}

export async function writeDefinition(
  root: string,
  definition: Definition,
  account: ServerAccount,
): Promise<void> {
  await writeInside(
    root,
    { path: FILE, content: `${JSON.stringify(definition, null, 2)}\n`, mode: 0o600 },
    account,
  );
}

export function definitionOf(spec: InstanceSpec, home: string): Definition {
  return {
    defined: true,
    home,
    name: spec.name,
    app: spec.app,
    addon: spec.addon,
    role: spec.role,
    runtime: spec.runtime,
    host: spec.host,
    port: spec.port,
    limits: { memory: spec.limits.memory, cpuShares: spec.limits.cpuShares },
  };
}

/** The published address of an instance that is there already. */
export function definedHost(root: string): string | undefined {
  try {
    return parse(readFileSync(join(root, FILE), "utf8"))?.host;
  } catch {
    return undefined;
  }
}

/** Folder of the unix socket: the instance's own, unless the socket's path would be too long for the system. */
export function socketFolder(root: string, account: ServerAccount): string {
  const own = join(root, "run");
  // sun_path has 104 bytes with the final NUL on macOS, 108 on Linux.
  if (Buffer.byteLength(`${own}/.s.PGSQL.65535`) < 104) return own;
  // Not $XDG_RUNTIME_DIR: it goes away when the user logs out, and is another one in a cron job. A server outlives both.
  const hash = createHash("sha256").update(root).digest("hex").slice(0, 16);
  return `/tmp/pgaddon-${account.uid}-${hash}`;
}

function parse(text: string): Definition | undefined {
  try {
    const result = Definition.safeParse(JSON.parse(text));
    return result.success ? result.data : undefined;
  } catch {
    return undefined;
  }
}
