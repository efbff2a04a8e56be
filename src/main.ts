import { setTimeout as sleep } from "node:timers/promises";
import { InterruptedError, UserError, messageOf, refusalOf } from "./errors.ts";
import type { Context } from "./context.ts";
import type { Engine, EngineName } from "./engines/engine.ts";
import { createOutput } from "./output/output.ts";
import { runProgram } from "./program.ts";
import { homeFolder } from "./state/paths.ts";
import { openStore } from "./state/store.ts";
import { isLent } from "./support/run.ts";

declare const PGADDON_VERSION: string | undefined;

/** argv in, exit code out: the one file that prints errors and sets process.exitCode. */
export async function main(argv: readonly string[]): Promise<void> {
  const { env, stdin, stdout, stderr } = process;
  const stop = new AbortController();
  const output = createOutput({ stdin, stdout, stderr }, env, stop.signal);
  let first: number | undefined;
  const interrupted = (code: number) => (signal: NodeJS.Signals) => {
    if (isLent(signal)) return;
    // A second Ctrl-C means now; the journal lets the next command settle what is left. One that follows at once is the
    // same: when-exit, which conf brings, sends itself the signal again after its own clean-up.
    // oxlint-disable-next-line unicorn/no-process-exit -- nothing is to be waited for
    if (first !== undefined && performance.now() - first > 300) process.exit(code);
    first ??= performance.now();
    stop.abort(new InterruptedError(code));
  };
  process.on("SIGINT", interrupted(130));
  process.on("SIGTERM", interrupted(143));
  // `pgaddon env | head -1`: nobody reads on. That is no error, and a change that is under way goes on.
  let unsaid: Error | undefined;
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") unsaid ??= error;
  });
  stderr.on("error", () => undefined);

  const engines = new Map<EngineName, Promise<Engine>>();
  const store = openStore(homeFolder(env));
  const context: Context = {
    output,
    env,
    cwd: process.cwd(),
    store,
    now: () => new Date(),
    engine(name, patienceMs) {
      const known = engines.get(name);
      if (known !== undefined) return known;
      const opening = import("./engines/select.ts").then(({ openEngine }) =>
        openEngine(name, context, patienceMs),
      );
      engines.set(name, opening);
      return opening;
    },
    login: async (addon, ca) => (await import("./postgresql/client.ts")).whyNotAnswering(addon, ca),
    signal: stop.signal,
    stdin,
    stdout,
    stderr,
  };

  try {
    process.exitCode = await runReporting(
      argv,
      context,
      typeof PGADDON_VERSION === "string" ? PGADDON_VERSION : "dev",
    );
  } finally {
    const closing = closeAll(engines.values());
    await (stop.signal.aborted ? Promise.race([closing, sleep(2000)]) : closing);
  }
  await flushed(stdout);
  if (unsaid !== undefined) {
    output.error(`The output could not be written: ${messageOf(unsaid)}`);
    process.exitCode ||= 1;
  }
  if (stop.signal.aborted) {
    await flushed(stderr);
    // What was given up goes on in the background, and would keep the process.
    // oxlint-disable-next-line unicorn/no-process-exit -- nothing is to be waited for
    process.exit();
  }
}

async function closeAll(engines: Iterable<Promise<Engine>>): Promise<void> {
  for (const engine of await Promise.allSettled(engines)) {
    if (engine.status === "fulfilled") await engine.value.close?.();
  }
}

async function flushed(stream: NodeJS.WriteStream): Promise<void> {
  await new Promise<void>((resolve) => void stream.write("", () => resolve()));
}

/** The exit code of what was typed; errors are printed. */
export async function runReporting(
  argv: readonly string[],
  context: Context,
  version: string,
): Promise<number> {
  try {
    const code = await runProgram(argv, context, version);
    // What was past its point of no return has been finished; whoever pressed Ctrl-C is still told so.
    return context.signal.reason instanceof InterruptedError ? context.signal.reason.exitCode : code;
  } catch (error) {
    return report(error, context);
  }
}

function report(thrown: unknown, context: Context): number {
  // Whatever an aborted wait threw, the reason is Ctrl-C.
  const error = context.signal.aborted ? context.signal.reason : (refusalOf(thrown) ?? thrown);
  const debug = Boolean(context.env["DEBUG"]);
  if (error instanceof UserError) {
    context.output.error(error.message, error.hints);
    if (debug) context.output.note(String(thrown instanceof Error ? (thrown.stack ?? thrown) : thrown));
    return error.exitCode;
  }
  context.output.error(`Unexpected: ${messageOf(error)}`, [
    "This is a defect of pgaddon. Run it again with DEBUG=1 for the details to report.",
  ]);
  if (debug && error instanceof Error) context.output.note(error.stack ?? error.message);
  return 1;
}
