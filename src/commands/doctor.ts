import type { Context } from "../context.ts";
import { checkAddons } from "../doctor/addons.ts";
import { checkEngines } from "../doctor/engines.ts";
import { wrong } from "../doctor/finding.ts";
import type { Finding } from "../doctor/finding.ts";
import { checkEnvFiles, checkHome } from "../doctor/home.ts";
import { rebuildState } from "../doctor/rebuild.ts";
import type { Engine } from "../engines/engine.ts";
import { messageOf } from "../errors.ts";
import { NewerStateError } from "../state/store.ts";
import { define, format } from "./define.ts";

/** What is mended may bring to light more to mend: a rebuilt document knows whose a stray is. */
const ROUNDS = 3;

export default define({
  description:
    "Check the engines, disk, permissions, and the state against what is there: strays, missing and stopped databases, interrupted changes. Exits 1 when something is wrong. --fix mends what can be mended; it never deletes data.",
  args: [],
  options: { format, fix: { flag: "--fix", summary: "mend what can be mended" } },
  examples: ["doctor", "doctor --fix", "doctor --format json"],
  automation: "Nothing is asked. Exit code 1 when something is wrong (and, with --fix, still is).",
  async run(context, { options }) {
    let findings = await examine(context);
    for (let round = 1; options.fix === true && round <= ROUNDS; round += 1) {
      const tried = findings.filter(({ mend: mends }) => mends !== undefined);
      if (tried.length === 0) break;
      for (const finding of tried) await mend(context, finding);
      findings = await examine(context);
      const left = new Set(findings.map(({ what }) => what));
      if (tried.every(({ what }) => left.has(what))) break;
    }
    if (options.format === "json") {
      context.output.json({ findings: findings.map(({ level, what, fix }) => ({ level, what, fix })) });
    } else {
      for (const { level, what, fix } of findings) {
        context.output.print(`${level.padEnd(8)}${what}${fix === null ? "" : `\n        → ${fix}`}`);
      }
    }
    return findings.some(({ level }) => level === "error") ? 1 : 0;
  },
});

async function examine(context: Context): Promise<Finding[]> {
  const home = checkHome(context);
  try {
    context.store.read();
  } catch (error) {
    return [
      ...home,
      wrong(messageOf(error), rebuildFix(error), async () => {
        const ids = await rebuildState(context, await openEngines(context));
        context.output.note(
          ids === undefined
            ? "The state file can be read again; nothing has been changed"
            : `The state file has been rebuilt: ${ids.length === 0 ? "no add-on found" : ids.join(", ")}`,
        );
      }),
    ];
  }
  const { findings, engines } = await checkEngines(context);
  return [...home, ...checkEnvFiles(context), ...findings, ...(await checkAddons(context, engines))];
}

function rebuildFix(error: unknown): string {
  if (!(error instanceof NewerStateError)) return "--fix rebuilds it from what lies beside the data";
  return `Nothing is wrong with it. ${error.hints.join(" ")}. Only if you cannot: --fix rebuilds it for this version from what lies beside the data; the newer one is kept beside it and not used any more`;
}

/** Every engine that answers; a rebuild takes what they have. */
async function openEngines(context: Context): Promise<Engine[]> {
  const opened = await Promise.allSettled([context.engine("docker"), context.engine("local")]);
  return opened.flatMap((engine) => {
    if (engine.status === "fulfilled") return [engine.value];
    context.output.warn(`${messageOf(engine.reason)}: what is there is not looked at`);
    return [];
  });
}

async function mend(context: Context, finding: Finding): Promise<void> {
  if (finding.mend === undefined) return;
  try {
    await finding.mend();
  } catch (error) {
    context.output.warn(`${finding.what}: ${messageOf(error)}`);
  }
}
