import type Docker from "dockerode";
import { PortTakenError, UserError } from "../errors.ts";
import { containerOptions, removeContainer, resources, settingsDigest } from "./docker-container.ts";
import { LABEL, objectName, OOM_SCORE, PORT, type DockerContext } from "./docker-context.ts";
import { reasonOf, statusOf, tolerating } from "./docker-errors.ts";
import { putFiles } from "./docker-files.ts";
import type { EngineObject, InstanceSpec, InstanceState, Limits } from "./engine.ts";

const PORT_TAKEN =
  /port is already allocated|address already in use|ports are not available|port is already in use/i;

export async function create(context: DockerContext, spec: InstanceSpec): Promise<void> {
  const [{ MemTotal }, image] = await Promise.all([
    context.info(),
    context.docker.getImage(spec.runtime).inspect(),
  ]);
  const oomScore = Number(image.Config.Labels?.[LABEL.oomScore] ?? OOM_SCORE);
  const options = containerOptions(context, spec, { sharedMemory: MemTotal, oomScore });
  let container: Docker.Container;
  try {
    container = await context.docker.createContainer(options);
  } catch (error) {
    if (statusOf(error) !== 409) throw error;
    container = await adopt(context, spec, options);
  }
  await putFiles(container, spec.files);
}

/** A container of that name is there: left by an earlier attempt, or with settings that have changed since. */
async function adopt(
  context: DockerContext,
  spec: InstanceSpec,
  options: Docker.ContainerCreateOptions,
): Promise<Docker.Container> {
  const container = context.docker.getContainer(objectName(context, spec.name));
  const { Config, State } = await container.inspect();
  if (Config.Labels[LABEL.home] !== context.homeId) {
    throw new UserError(`The container ${options.name} exists and belongs to somebody else`);
  }
  if (Config.Labels[LABEL.settings] === settingsDigest(spec)) {
    await container.update(resources(spec.limits));
    return container;
  }
  if (State.Running) {
    throw new UserError(`${spec.name} is running with other settings`, {
      hint: "Stop it before changing them.",
    });
  }
  await removeContainer(container);
  return context.docker.createContainer(options);
}

export async function start(context: DockerContext, instance: string): Promise<void> {
  const container = context.docker.getContainer(objectName(context, instance));
  try {
    await tolerating([304], container.start());
  } catch (error) {
    const reason = reasonOf(error);
    if (statusOf(error) === undefined) throw error;
    if (PORT_TAKEN.test(reason)) throw new PortTakenError((await publishedPort(container)) ?? 0, error);
    // The runtime's own words for it differ, and some do not name the score.
    if (!/OCI runtime|oom_score_adj/.test(reason) || !(await recreatedWithoutScore(context, container)))
      throw error;
    await start(context, instance);
  }
}

/** A daemon that lost the right to lower the score since the image was made; false when that is not the reason. */
async function recreatedWithoutScore(context: DockerContext, container: Docker.Container): Promise<boolean> {
  const { Id, Name, Config, HostConfig, NetworkSettings } = await container.inspect();
  if ((HostConfig.OomScoreAdj ?? 0) >= 0) return false;
  const network = HostConfig.NetworkMode ?? "bridge";
  const names: readonly string[] = NetworkSettings.Networks[network]?.Aliases ?? [];
  // Docker adds the id of the container that goes.
  const aliases = names.filter((alias) => !Id.startsWith(alias));
  await removeContainer(container);
  await context.docker.createContainer({
    ...Config,
    // Made from the old id.
    Hostname: "",
    name: Name.replace(/^\//, ""),
    HostConfig: { ...HostConfig, OomScoreAdj: 0 },
    ...(network === "bridge"
      ? {}
      : { NetworkingConfig: { EndpointsConfig: { [network]: { Aliases: aliases } } } }),
  });
  return true;
}

export async function stop(context: DockerContext, instance: string, timeoutSeconds: number): Promise<void> {
  const container = context.docker.getContainer(objectName(context, instance));
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), timeoutSeconds * 1000);
  try {
    // A negative time means: never kill. The shutdown goes on when our own patience ends.
    await tolerating([304, 404], container.stop({ t: -1, abortSignal: patience.signal }));
  } catch (error) {
    if (!patience.signal.aborted) throw error;
    throw new UserError(`${instance} is still shutting down after ${timeoutSeconds} s`, {
      hint: "It goes on in the background; run the command again in a while.",
      cause: error,
    });
  } finally {
    clearTimeout(timer);
  }
}

export async function remove(
  context: DockerContext,
  instance: string,
  options: { data: boolean },
): Promise<void> {
  const name = objectName(context, instance);
  const container = context.docker.getContainer(name);
  const found = await tolerating([404], container.inspect());
  if (found !== undefined) {
    if (found.Config.Labels[LABEL.home] !== context.homeId) {
      throw new UserError(`The container ${name} belongs to somebody else`);
    }
    // Removing kills: that is for data that goes too.
    if (found.State.Running && !options.data) await stop(context, instance, 300);
    await removeContainer(container);
  }
  if (!options.data) return;
  const volume = context.docker.getVolume(name);
  const labels = (await tolerating([404], volume.inspect()))?.Labels;
  if (labels === undefined) return;
  if (labels?.[LABEL.home] !== context.homeId)
    throw new UserError(`The volume ${name} belongs to somebody else`);
  try {
    await tolerating([404], volume.remove());
  } catch (error) {
    if (statusOf(error) !== 409) throw error;
    await endHelpers(context, instance);
    await tolerating([404], volume.remove());
  }
}

export async function inspect(context: DockerContext, instance: string): Promise<InstanceState> {
  const name = objectName(context, instance);
  const container = context.docker.getContainer(name);
  const [found, volume] = await Promise.all([
    tolerating([404], container.inspect()),
    tolerating([404], context.docker.getVolume(name).inspect()),
  ]);
  const data = volume !== undefined;
  if (found === undefined) {
    return { status: "missing", reference: null, data, port: null, startedAt: null, reason: null };
  }
  const running = found.State.Running && !found.State.Restarting;
  return {
    status: running ? "running" : "stopped",
    reference: name,
    data,
    port: portOf(found),
    startedAt: running ? new Date(found.State.StartedAt).toISOString() : null,
    reason: running ? null : stopReason(found.State),
  };
}

function stopReason(state: Docker.ContainerInspectInfo["State"]): string | null {
  const reason =
    state.Error !== ""
      ? state.Error
      : state.OOMKilled
        ? "out of memory"
        : state.ExitCode !== 0
          ? `exit code ${state.ExitCode}`
          : null;
  return state.Restarting ? `restarting after ${reason ?? "it ended"}` : reason;
}

function portOf(container: Docker.ContainerInspectInfo): number | null {
  const port: unknown = container.HostConfig.PortBindings?.[`${PORT}/tcp`]?.[0]?.HostPort;
  return typeof port === "string" && port !== "" ? Number(port) : null;
}

async function publishedPort(container: Docker.Container): Promise<number | null> {
  return portOf(await container.inspect());
}

export async function setLimits(context: DockerContext, instance: string, limits: Limits): Promise<void> {
  await context.docker.getContainer(objectName(context, instance)).update(resources(limits));
}

export async function endHelpers(context: DockerContext, instance: string): Promise<void> {
  const label = [`${LABEL.home}=${context.homeId}`, `${LABEL.instance}=${instance}`, `${LABEL.helper}=1`];
  const helpers = await context.docker.listContainers({ all: true, filters: { label } });
  await Promise.all(helpers.map(async ({ Id }) => removeContainer(context.docker.getContainer(Id))));
}

export async function list(context: DockerContext): Promise<EngineObject[]> {
  const filters = { label: [`${LABEL.home}=${context.homeId}`] };
  const [containers, volumes, networks] = await Promise.all([
    context.docker.listContainers({ all: true, filters }),
    context.docker.listVolumes({ filters }),
    context.docker.listNetworks({ filters }),
  ]);
  const object = (
    kind: EngineObject["kind"],
    reference: string,
    labels: Record<string, string> | undefined,
    running: boolean,
  ): EngineObject => ({
    kind,
    reference,
    instance: labels?.[LABEL.instance] ?? null,
    app: labels?.[LABEL.app] ?? null,
    addon: labels?.[LABEL.addon] ?? null,
    running,
  });
  return [
    ...containers.map(({ Id, Names, Labels, State }) =>
      object(
        Labels[LABEL.helper] === undefined ? "instance" : "helper",
        Names[0]?.replace(/^\//, "") ?? Id,
        Labels,
        State === "running",
      ),
    ),
    // Docker answers null for none.
    ...(volumes.Volumes ?? []).map(({ Name, Labels }) => object("data", Name, Labels, false)),
    ...networks.map(({ Name, Labels }) => object("network", Name, Labels, false)),
  ];
}
