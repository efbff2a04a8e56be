// Ending processes by id, surely.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

export function send(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone already.
  }
}

/** Waits until none of them is there, or time is up; returns those left. */
export async function gone(list, timeoutMs) {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const left = list();
    if (left.length === 0 || Date.now() > deadline) return left;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Linux processes, this one and those it runs below excluded, for which `test` is true. Elsewhere: none. */
export function processes(test) {
  const found = [];
  const own = ancestors();
  for (const name of namesIn("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || own.has(pid)) continue;
    const folder = `/proc/${pid}`;
    const details = {
      cwd: attempt(() => readlinkSync(`${folder}/cwd`)),
      commandLine: attempt(() => readFileSync(`${folder}/cmdline`, "utf8")).split("\0"),
      environment: attempt(() => readFileSync(`${folder}/environ`, "utf8")).split("\0"),
    };
    if (test(details)) found.push(pid);
  }
  return found;
}

function ancestors() {
  const pids = new Set([process.pid]);
  for (let pid = process.ppid; pid > 1 && !pids.has(pid);) {
    pids.add(pid);
    // The name in parentheses may hold anything.
    const fields = attempt(() => readFileSync(`/proc/${pid}/stat`, "utf8"))
      .split(")")
      .at(-1)
      ?.trim()
      .split(" ");
    pid = Number(fields?.[1] ?? 0);
  }
  return pids;
}

function namesIn(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function attempt(work) {
  try {
    return work();
  } catch {
    return "";
  }
}
