import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { chmod, chown, lstat, mkdir, open, readdir, realpath, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { codeOf, UserError } from "../errors.ts";
import type { InstanceFile } from "./engine.ts";
import type { ServerAccount } from "./local-account.ts";

/** Absolute path of a file below an instance's root; names that lead out of it are refused. */
export function pathInside(root: string, relative: string): string {
  const parts = relative.split("/");
  if (parts.some((part) => part === "" || part === "." || part === ".." || part.includes("\0"))) {
    throw new UserError(`Not a path below the instance: ${JSON.stringify(relative)}`);
  }
  return join(root, ...parts);
}

/** A folder of the server's user, 0700 whatever the umask. A link in its place is refused. */
export async function makePrivateFolder(path: string, account: ServerAccount): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
    await chmod(path, 0o700);
    if (account.dropped) await chown(path, account.uid, account.gid);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  }
  const facts = await lstat(path);
  if (!facts.isDirectory()) throw new UserError(`${path} is not a folder`);
  // Killed between making it and giving it away.
  if (account.dropped && facts.uid === 0) await chown(path, account.uid, account.gid);
}

/** Replace a file below the root as a whole: readers see the old one or the new one, and so does a machine that lost power. */
export async function writeInside(root: string, file: InstanceFile, account: ServerAccount): Promise<void> {
  const path = pathInside(root, file.path);
  const parents = file.path.split("/").slice(0, -1);
  for (let depth = 1; depth <= parents.length; depth += 1) {
    await makePrivateFolder(join(root, ...parents.slice(0, depth)), account);
  }
  await removeLeftovers(path);
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}`);
  const handle = await open(temporary, "wx", 0o600);
  try {
    await handle.writeFile(file.content);
    await handle.chmod(file.mode);
    if (account.dropped) await handle.chown(account.uid, account.gid);
    await handle.sync();
    await handle.close();
    await rename(temporary, path);
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Of a write that was killed, with whatever secrets are in it; who writes holds the add-on's lock. */
async function removeLeftovers(path: string): Promise<void> {
  const start = `.${basename(path)}.`;
  for (const name of await readdir(dirname(path))) {
    if (name.startsWith(start) && /^[0-9a-f]{12}$/.test(name.slice(start.length)))
      await rm(join(dirname(path), name), { force: true });
  }
}

/** Content of a file below the root; undefined when absent. The folder belongs to the server, so its links lead nowhere. */
export async function readInside(root: string, relative: string): Promise<string | undefined> {
  const path = pathInside(root, relative);
  try {
    const folder = await realpath(dirname(path));
    const real = await realpath(root);
    if (folder !== real && !folder.startsWith(`${real}/`)) return undefined;
    const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      return await handle.readFile("utf8");
    } finally {
      await handle.close();
    }
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP" || code === "EISDIR") return undefined;
    throw error;
  }
}

export async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return false;
    throw error;
  }
}

/** Bytes that a folder takes on disk. A running server adds and removes files meanwhile: what is gone counts nothing. */
export async function bytesOnDisk(path: string): Promise<number> {
  const facts = await ignoreMissing(lstat(path));
  if (facts === undefined) return 0;
  let bytes = facts.blocks * 512;
  if (!facts.isDirectory()) return bytes;
  const names = (await ignoreMissing(readdir(path))) ?? [];
  for (const name of names) bytes += await bytesOnDisk(join(path, name));
  return bytes;
}

async function ignoreMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
