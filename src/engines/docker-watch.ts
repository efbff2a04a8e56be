import { setTimeout as sleep } from "node:timers/promises";

const EVERY_MS = 10_000;
const PATIENCE_MS = 10_000;
/** Of a daemon that did not answer before. */
const SHORT_MS = 2000;

/**
 * Work of the daemon may take minutes, so no request has a time limit; but while one goes on, the daemon has to answer a ping.
 * `ping` throws what is then thrown for the work, too.
 */
export function watchFor(ping: (timeoutMs: number) => Promise<void>): {
  over<T>(work: Promise<T>): Promise<T>;
} {
  let silent = false;
  const watch = async (ended: AbortSignal): Promise<never> => {
    for (;;) {
      if (!silent) await sleep(EVERY_MS, undefined, { signal: ended });
      try {
        await ping(silent ? SHORT_MS : PATIENCE_MS);
        silent = false;
      } catch (error) {
        silent = true;
        throw error;
      }
    }
  };
  return {
    async over(work) {
      const ended = new AbortController();
      const watching = watch(ended.signal);
      // Its end is the work's.
      watching.catch(() => undefined);
      // What fails after the watch has ended it is of no interest any more.
      work.catch(() => undefined);
      try {
        return await Promise.race([work, watching]);
      } finally {
        ended.abort();
      }
    },
  };
}
