import { setTimeout as sleep } from "node:timers/promises";

/** Call `attempt` until it returns something, every `everyMs`, for `forMs` at most; undefined when time is up. */
export async function until<T>(
  attempt: () => Promise<T | undefined>,
  options: { forMs: number; everyMs: number; signal?: AbortSignal },
): Promise<T | undefined> {
  const end = performance.now() + options.forMs;
  for (;;) {
    options.signal?.throwIfAborted();
    const answer = await attempt();
    if (answer !== undefined) return answer;
    if (performance.now() + options.everyMs > end) return undefined;
    await sleep(options.everyMs, undefined, options.signal === undefined ? {} : { signal: options.signal });
  }
}

/** Wait for `work` or the abort, whichever is first; what `work` does goes on in the background. */
export async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, fail) => {
    stop = () => fail(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
