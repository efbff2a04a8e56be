import type Docker from "dockerode";
import type { Endpoint } from "./docker-connection.ts";

/** What every piece of the Docker engine needs. */
export interface DockerContext {
  readonly docker: Docker;
  readonly homeId: string;
  readonly env: NodeJS.ProcessEnv;
  readonly endpoint: Endpoint;
  /** The daemon's facts; asked for once. */
  info(): Promise<DockerInfo>;
}

/** The part of `docker info` that is used. */
export interface DockerInfo {
  ServerVersion: string;
  MemTotal: number;
  NCPU: number;
  DockerRootDir: string;
}

/** The data volume inside every container. */
export const ROOT = "/var/lib/pgaddon";
/** Where PostgreSQL listens inside. */
export const PORT = 5432;
/** The kernel ends a backend before the server; PG_OOM_ADJUST_* in the image sets the backends back to 0. */
export const OOM_SCORE = -900;
/** The `postgres` user of the image. */
export const UID = 5432;

export const LABEL = {
  home: "pgaddon.home",
  app: "pgaddon.app",
  addon: "pgaddon.addon",
  instance: "pgaddon.instance",
  role: "pgaddon.role",
  /** Published port: a stopped container's ports are not in Docker's list. */
  port: "pgaddon.port",
  /** Digest of the settings that cannot be changed without making the container anew. */
  settings: "pgaddon.settings",
  helper: "pgaddon.helper",
  /** On a user's own container: join this app. */
  link: "pgaddon.link",
  image: "pgaddon.image",
  version: "pgaddon.version",
  /** On our image: the lowest oom_score_adj this daemon may give. */
  oomScore: "pgaddon.oom-score",
} as const;

/** The name of an instance's container and of its volume. */
export function objectName(context: DockerContext, instance: string): string {
  return `pgaddon-${instance}-${context.homeId.slice(0, 6)}`;
}
