import { setTimeout as sleep } from "node:timers/promises";

/** Ask until there is an answer; after `seconds` fail, saying what was waited for. */
export async function waitFor<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  seconds = 30,
): Promise<T> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > end) throw new Error(`waited ${seconds} s in vain for: ${what}`);
    await sleep(25);
  }
}
