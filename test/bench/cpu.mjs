// The CPU time, user and system, that a process took. Node cannot ask the kernel that of a child.
import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

/** Resolves to `{ how, measure(argv, env): milliseconds, close() }`. */
export async function cpuMeter() {
  return (await byPython()) ?? byTicks();
}

/** To the microsecond, one process at a time: wait4(2) through python3. */
async function byPython() {
  if (spawnSync("python3", ["-c", "import os; os.waitstatus_to_exitcode, os.posix_spawn"]).status !== 0)
    return undefined;
  const helper = spawn("python3", ["test/bench/cpu.py"], { stdio: ["pipe", "pipe", "inherit"] });
  const answers = createInterface(helper.stdout)[Symbol.asyncIterator]();
  return {
    how: "user + system of each process by wait4, output into a pipe",
    async measure(argv, env) {
      helper.stdin.write(`${JSON.stringify({ argv, env })}\n`);
      const { value, done } = await answers.next();
      if (done) throw new Error("the helper that measures CPU time ended");
      const { microseconds, code, size } = JSON.parse(value);
      if (code !== 0) throw new Error(`${argv.join(" ")} ended with ${code}`);
      return { ms: microseconds / 1000, size };
    },
    close: () => helper.stdin.end(),
  };
}

/** Linux without python3: the kernel's sum for ended children is shown in steps of 10 ms, so ten starts a reading. */
function byTicks() {
  const starts = 10;
  const ticks = () => {
    const fields = readFileSync("/proc/self/stat", "utf8").split(")").at(-1).trim().split(" ");
    return Number(fields[13]) + Number(fields[14]);
  };
  ticks();
  return {
    how: `user + system from /proc/self/stat, ${starts} starts a reading, output into a pipe`,
    measure(argv, env) {
      const before = ticks();
      let size = 0;
      for (let start = 0; start < starts; start += 1) {
        const { status, stdout } = spawnSync(argv[0], argv.slice(1), {
          env,
          stdio: ["ignore", "pipe", "inherit"],
        });
        if (status !== 0) throw new Error(`${argv.join(" ")} ended with ${status}`);
        size = stdout.length;
      }
      return { ms: ((ticks() - before) * 10) / starts, size };
    },
    close: () => undefined,
  };
}
