import type Docker from "dockerode";
import { firstFile, makeTar } from "./docker-archive.ts";
import { removeContainer } from "./docker-container.ts";
import { objectName, ROOT, UID, type DockerContext } from "./docker-context.ts";
import { tolerating } from "./docker-errors.ts";
import { createHelper } from "./docker-helper.ts";
import type { InstanceFile } from "./engine.ts";

export async function putFiles(container: Docker.Container, files: readonly InstanceFile[]): Promise<void> {
  if (files.length > 0) await container.putArchive(await makeTar(files, UID), { path: ROOT });
}

export async function writeFiles(
  context: DockerContext,
  instance: string,
  files: readonly InstanceFile[],
): Promise<void> {
  await putFiles(context.docker.getContainer(objectName(context, instance)), files);
}

export async function readFile(
  context: DockerContext,
  instance: string,
  path: string,
): Promise<string | undefined> {
  const name = objectName(context, instance);
  const wanted = { path: `${ROOT}/${path}` };
  const archive = await tolerating([404], context.docker.getContainer(name).getArchive(wanted));
  if (archive !== undefined) return firstFile(archive);
  // Absent, or no container any more.
  const [container, volume] = await Promise.all([
    tolerating([404], context.docker.getContainer(name).inspect()),
    tolerating([404], context.docker.getVolume(name).inspect()),
  ]);
  if (container !== undefined || volume === undefined) return undefined;
  const helper = await createHelper(context, { instance, argv: ["true"] });
  try {
    const found = await tolerating([404], helper.getArchive(wanted));
    return found === undefined ? undefined : await firstFile(found);
  } finally {
    await removeContainer(helper);
  }
}
