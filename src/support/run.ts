export interface RunOptions {
  cwd?: string;
  /** Replaces the environment when given. */
  env?: NodeJS.ProcessEnv;
  input?: string;
  uid?: number;
  gid?: number;
  timeoutMs?: number;
}

export interface RunResult {
  /** 127 when the program does not exist, 128 + signal when a signal ended it. */
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Run a program to its end and capture what it prints. Never throws for a failing program. */
export async function run(
  file: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const { execa } = await import("execa");
  const result = await execa(file, args, {
    reject: false,
    stripFinalNewline: false,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: options.env, extendEnv: false }),
    ...(options.input === undefined ? { stdin: "ignore" as const } : { input: options.input }),
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.gid === undefined ? {} : { gid: options.gid }),
    ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
  });
  return {
    exitCode: result.exitCode ?? (result.signal === undefined ? 127 : 128),
    stdout: result.stdout,
    stderr:
      result.stderr || (result.failed && result.exitCode === undefined ? (result.shortMessage ?? "") : ""),
  };
}

/** Run a program on this process's own streams; resolves to its exit code (128 + signal number when a signal ended it). */
export async function runAttached(
  file: string,
  args: readonly string[],
  options: { env: NodeJS.ProcessEnv },
): Promise<{ exitCode: number | null; signal: NodeJS.Signals | null }> {
  const { execa } = await import("execa");
  const child = execa(file, args, {
    reject: false,
    stdio: "inherit",
    cleanup: false,
    env: options.env,
    extendEnv: false,
  });
  // The terminal sends Ctrl-C to the whole group; what reaches only us is passed on.
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
  const ignore = (): void => undefined;
  process.on("SIGINT", ignore);
  process.on("SIGTERM", pass);
  process.on("SIGHUP", pass);
  try {
    const result = await child;
    if (result.code === "ENOENT" || result.code === "EACCES") {
      return { exitCode: result.code === "ENOENT" ? 127 : 126, signal: null };
    }
    return { exitCode: result.exitCode ?? null, signal: result.signal ?? null };
  } finally {
    process.off("SIGINT", ignore);
    process.off("SIGTERM", pass);
    process.off("SIGHUP", pass);
  }
}
