import { readFileSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { totalmem } from "node:os";
import { dirname } from "node:path";
import type { ServerAccount } from "./local-account.ts";
import { exists } from "./local-files.ts";

/** The machine's memory, or what a container gives us of it. */
export function memoryOfHost(): number {
  const allowed = process.constrainedMemory();
  return allowed > 0 ? Math.min(allowed, totalmem()) : totalmem();
}

/** Bytes free where a folder is, or will be made. */
export async function bytesFree(folder: string): Promise<number> {
  if (!(await exists(folder)) && dirname(folder) !== folder) return bytesFree(dirname(folder));
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

export function enforcementOf(account: ServerAccount): string[] {
  return [
    "Enforced: PostgreSQL's own settings follow the plan (shared memory, memory per operation, connections).",
    "Not enforced: the plan's memory as a hard limit, for the servers are plain processes of this machine.",
    "Not enforced: the plan's share of the CPU.",
    account.dropped && mayProtect()
      ? "Enforced: when memory runs out, the kernel ends a session and spares the server."
      : "Not enforced: when memory runs out, the kernel may end the server, which then recovers at its next start.",
  ];
}

/** CAP_SYS_RESOURCE, which root in a container mostly lacks. */
function mayProtect(): boolean {
  try {
    const [, bits = "0"] = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
    return ((BigInt(`0x${bits}`) >> 24n) & 1n) === 1n;
  } catch {
    return false;
  }
}
