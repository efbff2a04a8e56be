import { constants } from "node:fs";
import { lstat, open, readdir } from "node:fs/promises";
import { uptime } from "node:os";
import { join } from "node:path";
import { StringDecoder } from "node:string_decoder";
import { setTimeout as sleep } from "node:timers/promises";
import type { LogOptions } from "./engine.ts";
import { exists } from "./local-files.ts";

const START_LOG = "start.log";
const POLL_MS = 250;
const BLOCK = 64 * 1024;

interface LogFile {
  path: string;
  size: number;
  changed: number;
}

/** The last lines across the server's files in the order of time, then what is added, until the signal aborts. */
export async function printLogs(root: string, options: LogOptions): Promise<void> {
  const files = await logFiles(root);
  let lines: string[] = [];
  for (const file of files.toReversed()) {
    if (lines.length >= options.lines) break;
    lines = (await lastLines(file, options.lines - lines.length)).concat(lines);
  }
  for (const line of lines) options.write(line);
  if (options.follow) await follow(root, files, options);
}

/** Sizes of all log files, for logTextSince. */
export async function logSizes(root: string): Promise<Map<string, number>> {
  return new Map((await allLogFiles(root)).map((file) => [file.path, file.size]));
}

/** What was logged after logSizes was called, by start.log and by the server. */
export async function logTextSince(root: string, sizes: ReadonlyMap<string, number>): Promise<string> {
  let text = "";
  for (const file of await allLogFiles(root)) {
    const from = sizes.get(file.path) ?? 0;
    text += await readText(file.path, from > file.size ? 0 : from, BLOCK);
  }
  return text;
}

/** Why a server that was started and not stopped by us is gone, as far as its files tell. */
export async function endReason(root: string): Promise<string | null> {
  const launched = await lstat(join(root, "run", "pid")).catch(() => undefined);
  if (launched === undefined) return null;
  const booted = Date.now() - uptime() * 1000;
  if (launched.mtimeMs < booted) return "the machine was restarted";
  // A server that ends by itself takes its postmaster.pid away.
  if (await exists(join(root, "pgdata", "postmaster.pid"))) {
    return "the server process was killed (by someone, or by the kernel for want of memory)";
  }
  const newest = (await allLogFiles(root)).at(-1);
  if (newest === undefined || newest.changed < launched.mtimeMs) return "the server ended without a word";
  return tell(await lastLines(newest, 15));
}

function tell(said: readonly string[]): string {
  const lines = said.filter((line) => !/redirecting log output|Future log output/.test(line));
  if (lines.some((line) => /received (fast|smart|immediate) shutdown request/.test(line)))
    return "it was shut down";
  if (lines.some((line) => line.includes("No space left on device"))) {
    return "the disk is full (No space left on device)";
  }
  const at = lines.findLastIndex(
    (line) => /\b(FATAL|PANIC|ERROR|error):/.test(line) || line.startsWith("pgaddon: "),
  );
  if (at === -1) return lines.at(-1)?.trim() ?? "the server ended without a word";
  // What is wrong with a configuration file is said before that.
  const from = /configuration file .* contains errors/.test(lines[at] ?? "") ? Math.max(0, at - 2) : at;
  return lines
    .slice(from)
    .filter((line, index) => from + index <= at || /\b(DETAIL|HINT):/.test(line))
    .map((line) => line.replace(/^.*?\b(?=(LOG|FATAL|PANIC|ERROR|DETAIL|HINT): )/, "").trim())
    .join(" ");
}

async function follow(root: string, known: readonly LogFile[], options: LogOptions): Promise<void> {
  const seen = new Map(
    known.map((file) => [file.path, { offset: file.size, decoder: new StringDecoder(), rest: "" }]),
  );
  while (!options.signal.aborted) {
    for (const file of await logFiles(root)) {
      const state = seen.get(file.path) ?? { offset: 0, decoder: new StringDecoder(), rest: "" };
      seen.set(file.path, state);
      // A week later the same name is used again, from its beginning.
      if (file.size < state.offset) state.offset = 0;
      while (state.offset < file.size && !options.signal.aborted) {
        const bytes = await readBytes(file.path, state.offset, BLOCK);
        if (bytes.length === 0) break;
        state.offset += bytes.length;
        const lines = (state.rest + state.decoder.write(bytes)).split("\n");
        state.rest = lines.pop() ?? "";
        for (const line of lines) options.write(line);
      }
    }
    await sleep(POLL_MS, undefined, { signal: options.signal }).catch(() => undefined);
  }
}

/** The server's own files, oldest first; what its start printed when there are none. */
async function logFiles(root: string): Promise<LogFile[]> {
  const files = await allLogFiles(root);
  const own = files.filter((file) => !file.path.endsWith(`/${START_LOG}`));
  return own.length > 0 ? own : files;
}

async function allLogFiles(root: string): Promise<LogFile[]> {
  const folder = join(root, "log");
  const names = await readdir(folder).catch(() => []);
  const files: LogFile[] = [];
  for (const name of names) {
    if (name !== START_LOG && !/^postgresql.*\.log$/.test(name)) continue;
    const facts = await lstat(join(folder, name)).catch(() => undefined);
    if (facts?.isFile()) files.push({ path: join(folder, name), size: facts.size, changed: facts.mtimeMs });
  }
  return files.sort((a, b) => a.changed - b.changed);
}

async function lastLines(file: LogFile, count: number): Promise<string[]> {
  if (count <= 0) return [];
  const blocks: Buffer[] = [];
  let at = file.size;
  let breaks = 0;
  // One more than asked for: the last one ends the last line.
  while (at > 0 && breaks <= count) {
    const from = Math.max(0, at - BLOCK);
    const block = await readBytes(file.path, from, at - from);
    if (block.length === 0) break;
    for (const byte of block) if (byte === 10) breaks += 1;
    blocks.unshift(block);
    at = from;
  }
  const lines = Buffer.concat(blocks).toString("utf8").split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.slice(-count);
}

async function readText(path: string, from: number, length: number): Promise<string> {
  return (await readBytes(path, from, length)).toString("utf8");
}

async function readBytes(path: string, from: number, length: number): Promise<Buffer> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => undefined);
  if (file === undefined) return Buffer.alloc(0);
  try {
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await file.read(buffer, 0, length, from);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
