import { beforeAll, describe, expect, test } from "vitest";
import { newVictim, strike } from "../chaos/killing.ts";
import type { Killable, Victim } from "../chaos/killing.ts";
import { engines } from "../support/engines.ts";

const rounds = Number(process.env["ROUNDS"] ?? 40);

/** A bit longer than each takes, in milliseconds. */
const longest: Record<Killable, number> = {
  provision: 3500,
  upgrade: 2200,
  stop: 1000,
  remove: 1000,
  restore: 1500,
};
const kinds = ["provision", "upgrade", "stop", "remove", "restore"] as const;

describe.each(engines())("on %s", (engine) => {
  let victim: Victim;

  beforeAll(async () => {
    victim = await newVictim(engine);
  });

  test.each(kinds)(`%s killed ${rounds} times at any moment`, async (kind) => {
    let struck = 0;
    for (let round = 0; round < rounds; round += 1) {
      const ms = Math.round(100 + Math.random() * longest[kind]);
      const signal = Math.random() < 0.25 ? "SIGINT" : "SIGKILL";
      try {
        if (await strike(victim, kind, { ms }, signal)) struck += 1;
      } catch (error) {
        throw new Error(`round ${round}: ${kind} hit by ${signal} after ${ms} ms`, { cause: error });
      }
    }
    expect(struck).toBeGreaterThan(rounds / 4);
  });
});
