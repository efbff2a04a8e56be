import { createHash } from "node:crypto";
import type Docker from "dockerode";
import { until } from "../support/retry.ts";
import { LABEL, objectName, PORT, ROOT, type DockerContext } from "./docker-context.ts";
import { statusOf, tolerating } from "./docker-errors.ts";
import type { InstanceSpec, Limits } from "./engine.ts";

/** The folder of a major's programs in an image; the tag starts with the major. */
export function binFolder(image: string): string {
  return `/usr/lib/postgresql/${/:(\d+)-[^/]*$/.exec(image)?.[1] ?? "unknown"}/bin`;
}

export function resources(limits: Limits): { Memory: number; MemorySwap: number; CpuShares: number } {
  return {
    Memory: limits.memory,
    // The same number means: no swap.
    MemorySwap: limits.memory,
    CpuShares: Math.min(262_144, Math.max(2, Math.round(limits.cpuShares))),
  };
}

/** What cannot be changed in a container that exists. */
export function settingsDigest(spec: InstanceSpec): string {
  const fixed = [spec.runtime, spec.role, spec.host, spec.port, spec.network, spec.aliases];
  return createHash("sha256").update(JSON.stringify(fixed)).digest("hex").slice(0, 12);
}

export function dataMount(
  volume: string,
  options: { readOnly: boolean; labels?: Record<string, string> },
): Docker.MountSettings {
  return {
    Type: "volume",
    Source: volume,
    Target: ROOT,
    ReadOnly: options.readOnly,
    ...(options.labels === undefined
      ? {}
      : // Docker makes the volume together with the container, which saves a round trip.
        {
          VolumeOptions: {
            NoCopy: false,
            Labels: options.labels,
            DriverConfig: { Name: "local", Options: {} },
          },
        }),
  };
}

/** An instance's container. Nothing secret in here: everybody who may talk to Docker can read it. */
export function containerOptions(
  context: DockerContext,
  spec: InstanceSpec,
  daemon: { sharedMemory: number; oomScore: number },
): Docker.ContainerCreateOptions & { HostConfig: Docker.HostConfig } {
  const name = objectName(context, spec.name);
  const common = {
    [LABEL.home]: context.homeId,
    [LABEL.app]: spec.app,
    [LABEL.addon]: spec.addon,
    [LABEL.instance]: spec.name,
    [LABEL.role]: spec.role,
  };
  const second = 1_000_000_000;
  return {
    name,
    Image: spec.runtime,
    User: "postgres",
    Labels: { ...common, [LABEL.port]: String(spec.port), [LABEL.settings]: settingsDigest(spec) },
    ExposedPorts: { [`${PORT}/tcp`]: {} },
    // Fast shutdown; SIGTERM would wait for the clients to go.
    StopSignal: "SIGINT",
    StopTimeout: 300,
    Healthcheck: {
      Test: [
        "CMD",
        `${binFolder(spec.runtime)}/psql`,
        "-XAtqw",
        "-h",
        `${ROOT}/run`,
        "-U",
        "postgres",
        "-d",
        "postgres",
        "-c",
        "SELECT 1",
      ],
      Interval: 30 * second,
      Timeout: 10 * second,
      StartPeriod: 10 * second,
      Retries: 3,
    },
    HostConfig: {
      ...resources(spec.limits),
      Mounts: [dataMount(name, { readOnly: false, labels: common })],
      PortBindings: { [`${PORT}/tcp`]: [{ HostIp: spec.host, HostPort: String(spec.port) }] },
      NetworkMode: spec.network ?? "bridge",
      RestartPolicy: { Name: "unless-stopped" },
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      ReadonlyRootfs: true,
      Tmpfs: { "/tmp": "rw,nosuid,nodev,noexec,mode=1777" },
      // Fixed for the life of the container, while plans grow; what is used counts against the memory limit anyway.
      ShmSize: daemon.sharedMemory,
      OomScoreAdj: daemon.oomScore,
      LogConfig: { Type: "json-file", Config: { "max-size": "10m", "max-file": "5" } },
    },
    ...(spec.network === null
      ? {}
      : { NetworkingConfig: { EndpointsConfig: { [spec.network]: { Aliases: [...spec.aliases] } } } }),
  };
}

export async function removeContainer(container: Docker.Container): Promise<void> {
  try {
    await tolerating([404], container.remove({ force: true }));
  } catch (error) {
    if (statusOf(error) !== 409) throw error;
    // Somebody removes it already.
    const gone = async (): Promise<true | undefined> =>
      (await tolerating([404], container.inspect())) === undefined ? true : undefined;
    if ((await until(gone, { forMs: 10_000, everyMs: 50 })) === undefined) throw error;
  }
}
