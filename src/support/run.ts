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

const lent = new Map<NodeJS.Signals, number>();

/** Is this signal the business of a program that has our terminal right now? */
export function isLent(signal: NodeJS.Signals): boolean {
  return (lent.get(signal) ?? 0) > 0;
}

/** For as long as `work` goes on, this process takes no notice of these signals: a program that has the terminal does. */
export async function lendSignals<T>(signals: readonly NodeJS.Signals[], work: () => Promise<T>): Promise<T> {
  const count = (by: number): void => {
    for (const signal of signals) lent.set(signal, (lent.get(signal) ?? 0) + by);
  };
  count(1);
  try {
    return await work();
  } finally {
    count(-1);
  }
}

/** How a program ended; `failure` is why it could not be started. */
export interface Ending {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  failure?: { code: string | undefined; message: string };
}

/** Run a program on this process's own streams. */
export async function runAttached(
  file: string,
  args: readonly string[],
  options: { env: NodeJS.ProcessEnv },
): Promise<Ending> {
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
  process.on("SIGTERM", pass);
  process.on("SIGHUP", pass);
  try {
    const result = await lendSignals(["SIGINT", "SIGTERM"], async () => child);
    const ending = { exitCode: result.exitCode ?? null, signal: result.signal ?? null };
    if (ending.exitCode !== null || ending.signal !== null) return ending;
    return { ...ending, failure: { code: result.code, message: result.originalMessage ?? "" } };
  } finally {
    process.off("SIGTERM", pass);
    process.off("SIGHUP", pass);
  }
}
