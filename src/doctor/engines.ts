import type { Context } from "../context.ts";
import type { Engine, EngineName } from "../engines/engine.ts";
import { UserError, messageOf } from "../errors.ts";
import { planOf } from "../addons/plans.ts";
import { formatBytes } from "../support/bytes.ts";
import { info, ok, warning, wrong } from "./finding.ts";
import type { Finding } from "./finding.ts";

const GB = 1024 ** 3;

/** Which engines answer; what they say of themselves, of disk and of memory. */
export async function checkEngines(context: Context): Promise<{ findings: Finding[]; engines: Engine[] }> {
  const addons = Object.values(context.store.read().addons);
  const findings: Finding[] = [];
  const engines: Engine[] = [];
  for (const name of ["docker", "local"] satisfies EngineName[]) {
    const used = addons.filter((addon) => addon.engine === name);
    try {
      const engine = await context.engine(name);
      findings.push(...(await describe(engine, used.length > 0)));
      const running = used.filter(({ status }) => status === "running" || status === "updating");
      const needed = running.reduce((sum, addon) => sum + planOf(addon.plan).memory, 0);
      const { memory } = await engine.host();
      if (needed > memory) {
        findings.push(
          warning(
            `The plans of running add-ons on ${name} add up to ${formatBytes(needed)} of memory, the host has ${formatBytes(memory)}`,
            "Give some of them a smaller plan, or stop some.",
          ),
        );
      }
      engines.push(engine);
    } catch (error) {
      const hint = error instanceof UserError ? error.hints.join(" ") : "";
      const text = `Engine ${name}: ${messageOf(error)}`;
      findings.push(
        used.length > 0 ? wrong(`${text}; ${used.length} add-on(s) are on it`, hint) : info(text),
      );
    }
  }
  if (engines.length === 0)
    findings.push(wrong("No engine can run a database", "Start Docker, or install PostgreSQL."));
  return { findings, engines };
}

async function describe(engine: Engine, used: boolean): Promise<Finding[]> {
  const { description, memory, cpus } = await engine.host();
  const majors = await engine.majors();
  const findings = [
    ok(`Engine ${engine.name}: ${description}, ${cpus} CPUs, ${formatBytes(memory)} of memory`),
    majors.length > 0
      ? ok(`Engine ${engine.name}: PostgreSQL ${majors.join(", ")}`)
      : warning(
          `Engine ${engine.name}: no PostgreSQL to be had`,
          "Install PostgreSQL with its client tools.",
        ),
  ];
  const free = await engine.diskFree();
  if (free !== null) {
    const text = `Engine ${engine.name}: ${formatBytes(free)} of disk free`;
    findings.push(
      free < 1 * GB ? wrong(text, "Make room: PostgreSQL stops when it cannot write.") : ok(text),
    );
  }
  if (used) {
    const encrypted = await engine.encryptedAtRest();
    findings.push(info(`Engine ${engine.name}: data lies on an encrypted volume: ${encrypted}`));
    findings.push(...engine.enforcement().map((sentence) => info(`Engine ${engine.name}: ${sentence}`)));
  }
  return findings;
}
