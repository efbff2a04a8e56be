import { readFile, readdir, readlink, realpath, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";

export type Encrypted = "yes" | "no" | "unknown";

const ENCRYPTED_FILE_SYSTEMS = new Set([
  "ecryptfs",
  "fuse.gocryptfs",
  "fuse.encfs",
  "fuse.cryfs",
  "fuse.securefs",
]);

/** Does this path (or what will be made there) lie on an encrypted block device or file system? Linux only. */
export async function encryptedVolume(path: string): Promise<Encrypted> {
  if (process.platform !== "linux") return "unknown";
  try {
    const mount = mountOf(await existing(path), await readFile("/proc/self/mountinfo", "utf8"));
    if (mount === undefined) return "unknown";
    if (ENCRYPTED_FILE_SYSTEMS.has(mount.type)) return "yes";
    const device = await deviceOf(mount);
    return device === undefined ? "unknown" : await encryptedDevice(`/sys/dev/block/${device}`);
  } catch {
    return "unknown";
  }
}

export interface Mount {
  /** `major:minor` */
  device: string;
  type: string;
  source: string;
}

/** The mount a path is on: the last one with the longest mount point, as later mounts cover earlier ones. */
export function mountOf(path: string, mountinfo: string): Mount | undefined {
  let best: Mount | undefined;
  let longest = -1;
  for (const line of mountinfo.split("\n")) {
    // 36 35 98:0 /root /mount/point rw,noatime shared:1 - ext4 /dev/root rw
    const [left, right] = line.split(" - ");
    const device = left?.split(" ")[2];
    const point = unescape(left?.split(" ")[4]);
    const [type, source] = right?.split(" ") ?? [];
    if (device === undefined || point === undefined || type === undefined || source === undefined) continue;
    const inside = point === "/" || path === point || path.startsWith(`${point}/`);
    if (inside && point.length >= longest) {
      longest = point.length;
      best = { device, type, source: unescape(source) ?? source };
    }
  }
  return best;
}

function unescape(escaped: string | undefined): string | undefined {
  return escaped?.replaceAll(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

async function existing(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : await existing(parent);
  }
}

async function deviceOf(mount: Mount): Promise<string | undefined> {
  if (!mount.device.startsWith("0:")) return mount.device;
  // btrfs and others show a device number of their own; the source tells the real one.
  if (!mount.source.startsWith("/dev/")) return undefined;
  const { rdev } = await stat(mount.source);
  const major = ((rdev >>> 8) & 0xfff) | 0;
  const minor = (rdev & 0xff) | ((rdev >>> 12) & 0xfff00);
  return `${major}:${minor}`;
}

/** A device made of several is encrypted when all of them are. */
async function encryptedDevice(sysPath: string): Promise<Encrypted> {
  const folder = await realpath(sysPath);
  const uuid = await text(`${folder}/dm/uuid`);
  // dm-verity and dm-integrity carry the same prefix, but encrypt nothing.
  if (uuid?.startsWith("CRYPT-") && !/^CRYPT-(VERITY|INTEGRITY)/.test(uuid)) return "yes";
  if ((await text(`${folder}/partition`)) !== undefined) return encryptedDevice(dirname(folder));
  const file = await text(`${folder}/loop/backing_file`);
  if (file !== undefined) return encryptedVolume(file);
  const below = await readdir(`${folder}/slaves`).catch((): string[] => []);
  if (below.length === 0) return "no";
  const answers = await Promise.all(
    below.map(async (name) => encryptedDevice(`/sys/class/block/${basename(await linkName(folder, name))}`)),
  );
  if (answers.every((answer) => answer === "yes")) return "yes";
  return answers.includes("no") ? "no" : "unknown";
}

async function linkName(folder: string, name: string): Promise<string> {
  return readlink(`${folder}/slaves/${name}`).catch(() => name);
}

async function text(file: string): Promise<string | undefined> {
  return readFile(file, "utf8").then(
    (content) => content.trim(),
    () => undefined,
  );
}
