import type { Context } from "../context.ts";
import { EngineUnavailableError, UserError, messageOf } from "../errors.ts";
import type { App } from "../state/types.ts";
import { own, printable } from "./find.ts";
import { appNetwork } from "./instance.ts";

/** Containers joined with apps-link, and those labelled `pgaddon.link=<app>`. Asks the engine only when there may be any. */
async function linkedContainers(context: Context, app: App): Promise<string[]> {
  const usesDocker =
    app.network !== null ||
    app.links.length > 0 ||
    Object.values(context.store.read().addons).some(
      (addon) => addon.app === app.name && addon.engine === "docker",
    );
  if (!usesDocker) return [];
  const { links } = await context.engine("docker");
  return [...new Set([...app.links, ...((await links?.labelled(app.name)) ?? [])])];
}

/** Restart the app's containers, as after a change of its database. One that is gone is said and skipped. Resolves to how many. */
export async function restartLinked(context: Context, appName: string): Promise<number> {
  const app = own(context.store.read().apps, appName);
  if (app === undefined) return 0;
  let restarted = 0;
  for (const name of await linkedContainers(context, app)) {
    try {
      const { links } = await context.engine("docker");
      if (await links?.restart(name)) {
        restarted += 1;
        context.output.note(`Container ${name} has been restarted`);
      } else {
        context.output.warn(
          `The linked container ${name} is not there; \`pgaddon --app ${appName} apps-unlink ${name}\` forgets it`,
        );
      }
    } catch (error) {
      if (error instanceof EngineUnavailableError) throw error;
      context.output.warn(`The linked container ${name} could not be restarted: ${messageOf(error)}`);
    }
  }
  return restarted;
}

/** Join a container to the app's network and remember it. */
export async function link(context: Context, app: App, container: string): Promise<string> {
  const engine = await context.engine("docker");
  const network = await appNetwork(context, engine, app.name);
  if (engine.links === undefined || network === null) throw new UserError("This engine has no networks");
  await engine.links.connect(container, network);
  await context.store.update((state) => {
    const entry = own(state.apps, app.name);
    if (entry !== undefined && !entry.links.includes(container)) entry.links.push(container);
  });
  return network;
}

export async function unlink(context: Context, app: App, container: string): Promise<void> {
  if (!app.links.includes(container)) {
    throw new UserError(`The container '${printable(container)}' is not linked to ${app.name}`, {
      hint: app.links.length === 0 ? "It has none." : `Linked: ${app.links.join(", ")}`,
    });
  }
  const engine = await context.engine("docker");
  if (app.network !== null) await engine.links?.disconnect(container, app.network);
  await context.store.update((state) => {
    const entry = own(state.apps, app.name);
    if (entry !== undefined) entry.links = entry.links.filter((name) => name !== container);
  });
}
