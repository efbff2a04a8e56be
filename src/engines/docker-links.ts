import { UserError } from "../errors.ts";
import { didYouMean } from "../support/nearest.ts";
import { LABEL, type DockerContext } from "./docker-context.ts";
import { reasonOf, statusOf, tolerating } from "./docker-errors.ts";
import type { Links } from "./engine.ts";

/** Networks of apps, and the users' own containers in them. */
export function dockerLinks(context: DockerContext): Links {
  const { docker, homeId } = context;

  const ours = async (name: string, app?: string): Promise<boolean | undefined> => {
    const network = await tolerating([404], docker.getNetwork(name).inspect());
    if (network === undefined) return undefined;
    const labels = network.Labels ?? {};
    return labels[LABEL.home] === homeId && (app === undefined || labels[LABEL.app] === app);
  };

  /** False when the name is somebody else's. Made before looked for: an app's first add-on waits for one answer less. */
  const ensure = async (app: string, name: string): Promise<boolean> => {
    try {
      await docker.createNetwork({
        Name: name,
        Driver: "bridge",
        CheckDuplicate: true,
        Labels: { [LABEL.home]: homeId, [LABEL.app]: app },
      });
      return true;
    } catch (error) {
      if (statusOf(error) !== 409) throw error;
      return (await ours(name, app)) ?? false;
    }
  };

  const unknownContainer = async (container: string, cause: unknown): Promise<UserError> => {
    const all = await docker.listContainers({ all: true });
    const names = all.flatMap(({ Names }) => Names.map((name) => name.replace(/^\//, "")));
    const hint = didYouMean(container, names);
    return new UserError(`There is no container '${container.slice(0, 60)}'`, {
      ...(hint === undefined ? {} : { hint }),
      cause,
    });
  };

  return {
    async ensureNetwork(app, preferred) {
      if (await ensure(app, preferred)) return preferred;
      const other = `${preferred}-${homeId.slice(0, 6)}`;
      if (await ensure(app, other)) return other;
      throw new UserError(`The networks ${preferred} and ${other} both belong to somebody else`);
    },

    async removeNetwork(name) {
      const network = docker.getNetwork(name);
      const found = await tolerating([404], network.inspect());
      if (found === undefined) return;
      if (found.Labels?.[LABEL.home] !== homeId)
        throw new UserError(`The network ${name} belongs to somebody else`);
      for (const id of Object.keys(found.Containers ?? {})) {
        await tolerating([404], network.disconnect({ Container: id, Force: true }));
      }
      await tolerating([404], network.remove());
    },

    async connect(container, network) {
      try {
        await docker.getNetwork(network).connect({ Container: container });
      } catch (error) {
        const reason = reasonOf(error);
        if (/already exists in network|already attached to network/.test(reason)) return;
        if (statusOf(error) === 404 && /no such container/i.test(reason))
          throw await unknownContainer(container, error);
        throw error;
      }
    },

    async disconnect(container, network) {
      try {
        await tolerating([404], docker.getNetwork(network).disconnect({ Container: container }));
      } catch (error) {
        if (!/is not connected to/.test(reasonOf(error))) throw error;
      }
    },

    async labelled(app) {
      const filters = { label: [`${LABEL.link}=${app}`] };
      const containers = await docker.listContainers({ all: true, filters });
      return containers.flatMap(({ Names }) => Names.slice(0, 1).map((name) => name.replace(/^\//, "")));
    },

    async exists(container) {
      return (await tolerating([404], docker.getContainer(container).inspect())) !== undefined;
    },

    async restart(container) {
      const handle = docker.getContainer(container);
      const found = await tolerating([404], handle.inspect());
      if (found === undefined) return false;
      if (found.State.Running) await handle.restart();
      return true;
    },
  };
}
