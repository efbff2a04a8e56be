import type { Context } from "../context.ts";
import { EngineUnavailableError, UserError } from "../errors.ts";
import { knownHomeId } from "../state/store.ts";
import type { Engine, EngineName } from "./engine.ts";

const names: readonly EngineName[] = ["docker", "local"];

/** How long Docker may take to answer before the local engine is taken. */
const PATIENCE_MS = 2000;

/** The engine of this name, connected. */
export async function openEngine(
  name: EngineName,
  context: Context,
  patienceMs = PATIENCE_MS * 5,
): Promise<Engine> {
  // A damaged document does not hide what belongs to the home: doctor looks for it by this id.
  const homeId = knownHomeId(context.store.home) ?? (await context.store.identity());
  if (name === "docker") {
    const { connectDocker } = await import("./docker.ts");
    return connectDocker({ homeId, env: context.env, timeoutMs: patienceMs });
  }
  const { openLocal } = await import("./local.ts");
  return openLocal({ homeId, home: context.store.home, env: context.env });
}

/**
 * The engine for a new add-on: the option, `$PGADDON_ENGINE`, else Docker when it answers, else local, which is said.
 * A home with Docker add-ons never falls back: then Docker being away is the error.
 */
export async function chooseEngine(context: Context, option: string | undefined): Promise<Engine> {
  const wanted = option ?? (context.env["PGADDON_ENGINE"] || undefined);
  if (wanted !== undefined) {
    const name = names.find((candidate) => candidate === wanted);
    if (name === undefined) {
      throw new UserError(`Unknown engine '${wanted.slice(0, 40)}'`, {
        hint: "There are: docker, local.",
        exitCode: 2,
      });
    }
    return context.engine(name);
  }
  const { addons } = context.store.read();
  try {
    return await context.engine("docker", PATIENCE_MS);
  } catch (error) {
    if (!(error instanceof EngineUnavailableError)) throw error;
    if (Object.values(addons).some((addon) => addon.engine === "docker")) {
      throw new EngineUnavailableError(`${error.message}; this home has add-ons on Docker`, {
        hint: [...error.hints, "Or say --engine local to put this one beside them as local processes."],
        cause: error,
      });
    }
    context.output.note(`No Docker engine answers: using local server processes (${error.message})`);
    return context.engine("local");
  }
}
