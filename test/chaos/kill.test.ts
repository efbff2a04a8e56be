import { beforeAll, describe, expect, test } from "vitest";
import { engines } from "../support/engines.ts";
import { newVictim, strike } from "./killing.ts";
import type { Killable, Victim } from "./killing.ts";

const steps: [Killable, string][] = [
  ["provision", "prepare"],
  ["provision", "create"],
  ["provision", "publish"],
  ["upgrade", "apply"],
  ["upgrade", "record"],
  ["upgrade", "linked"],
  ["stop", "stop"],
  ["remove", "stop"],
  ["remove", "forget"],
  ["restore", "start"],
  ["restore", "publish"],
];

describe.each(engines())("on %s", (engine) => {
  let victim: Victim;

  beforeAll(async () => {
    victim = await newVictim(engine);
  });

  test.each(steps)("%s killed at its step %s is settled by the next command", async (kind, step) => {
    // A step may be over sooner than it is seen in the journal.
    for (let tries = 0; tries < 8; tries += 1) if (await strike(victim, kind, { step })) return;
    expect.unreachable(`${kind} was never caught at its step ${step}`);
  });

  test.each([
    ["provision", 700],
    ["provision", 1300],
    ["upgrade", 500],
    ["upgrade", 900],
    ["restore", 500],
  ] satisfies [Killable, number][])(
    "%s killed after %i ms is settled by the next command",
    async (kind, ms) => {
      await strike(victim, kind, { ms });
    },
  );

  test("Ctrl-C while a database is made: exit code 130, nothing left", async () => {
    expect(await strike(victim, "provision", { step: "create" }, "SIGINT")).toBe(true);
  });

  test("Ctrl-C in a change of plan: exit code 130, the plan of before", async () => {
    expect(await strike(victim, "upgrade", { step: "apply" }, "SIGINT")).toBe(true);
  });
});
