import { mkdir, realpath, stat, chmod } from "node:fs/promises";
import { userInfo } from "node:os";
import { basename, dirname, join } from "node:path";
import { codeOf, UserError } from "../errors.ts";
import { run } from "../support/run.ts";

/** Who the servers run as: this user, or as root somebody without privileges, for PostgreSQL refuses to run as root. */
export interface ServerAccount {
  name: string;
  uid: number;
  gid: number;
  /** We are root and give up its rights for every program of PostgreSQL. */
  dropped: boolean;
}

export async function serverAccount(env: NodeJS.ProcessEnv): Promise<ServerAccount> {
  if (process.getuid?.() !== 0) return ownAccount();
  const asked = env["PGADDON_LOCAL_USER"];
  for (const name of asked ? [asked] : ["postgres", "nobody"]) {
    const account = await lookUp(name);
    if (account === undefined) continue;
    if (account.uid === 0) {
      throw new UserError(`PostgreSQL does not run as ${name}: that is root`, {
        hint: "Set PGADDON_LOCAL_USER to a user without privileges.",
      });
    }
    return account;
  }
  throw new UserError(
    asked
      ? `There is no user ${asked} to run PostgreSQL as`
      : "There is no user postgres or nobody to run PostgreSQL as",
    {
      hint: "PostgreSQL does not run as root: set PGADDON_LOCAL_USER to a user of this machine without privileges.",
    },
  );
}

/** Options for starting a program as that user; supplementary groups of root are dropped too. */
export function runAs(account: ServerAccount): { uid?: number; gid?: number } {
  // Signed 32 bit is what Node takes: macOS has nobody as 4294967294.
  return account.dropped ? { uid: account.uid | 0, gid: account.gid | 0 } : {};
}

/** Make a folder below which the servers' user finds its way. */
export async function makeReachable(folder: string, account: ServerAccount): Promise<void> {
  const blocked = await blockedFolder(folder, account);
  if (blocked !== undefined) throw unreachable(folder, blocked, account.name);
  await makeFolders(folder, account.dropped ? 0o711 : 0o700);
}

function unreachable(folder: string, blocked: string, user: string): UserError {
  return new UserError(
    `The servers run as ${user}, who cannot reach ${folder}: ${blocked} does not let that user through`,
    {
      hint: [
        "Set PGADDON_LOCAL_ROOT to a folder that every user can pass the way to.",
        `Or let them pass: chmod o+x ${blocked}`,
      ],
    },
  );
}

/** The first folder on the way to `path` (itself included when it exists) that the account cannot pass. */
async function blockedFolder(path: string, account: ServerAccount): Promise<string | undefined> {
  if (!account.dropped) return undefined;
  const folders: string[] = [];
  for (let at = await resolveLinks(path); ; at = dirname(at)) {
    folders.unshift(at);
    if (at === dirname(at)) break;
  }
  for (const folder of folders) {
    const facts = await stat(folder).catch(() => undefined);
    if (facts === undefined) return undefined;
    const bit = facts.uid === account.uid ? 0o100 : facts.gid === account.gid ? 0o010 : 0o001;
    if ((facts.mode & bit) === 0) return folder;
  }
  return undefined;
}

/** Like realpath, also for a path whose last parts do not exist yet. */
export async function resolveLinks(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT" || dirname(path) === path) throw error;
    return join(await resolveLinks(dirname(path)), basename(path));
  }
}

/** Make the missing folders of a path with exactly this mode, whatever the umask. */
async function makeFolders(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (codeOf(error) === "EEXIST") return;
    if (codeOf(error) !== "ENOENT") throw error;
    await makeFolders(dirname(path), mode);
    return makeFolders(path, mode);
  }
  await chmod(path, mode);
}

function ownAccount(): ServerAccount {
  try {
    const { username, uid, gid } = userInfo();
    return { name: username, uid, gid, dropped: false };
  } catch (error) {
    throw new UserError("PostgreSQL does not run as a user without a name", {
      hint: "The user id of this process is not in /etc/passwd: add it there, or use Docker (--engine docker).",
      cause: error,
    });
  }
}

async function lookUp(name: string): Promise<ServerAccount | undefined> {
  const [uid, gid] = await Promise.all([run("id", ["-u", "--", name]), run("id", ["-g", "--", name])]);
  if (uid.exitCode !== 0 || gid.exitCode !== 0) return undefined;
  return { name, uid: Number(uid.stdout) >>> 0, gid: Number(gid.stdout) >>> 0, dropped: true };
}
