import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { codeOf, UserError } from "../errors.ts";
import { MAJORS, type MajorSource } from "../postgresql/versions.ts";
import { makeTar } from "./docker-archive.ts";
import { binFolder } from "./docker-container.ts";
import { LABEL, OOM_SCORE, type DockerContext } from "./docker-context.ts";
import { diskFull, statusOf, tolerating } from "./docker-errors.ts";
import { captureInHelper } from "./docker-host.ts";
import type { Runtime } from "./engine.ts";

interface Recipe {
  dockerfile: string;
  entrypoint: string;
}

export async function prepare(
  context: DockerContext,
  major: number | undefined,
  report: (line: string) => void,
): Promise<Runtime> {
  const source = major === undefined ? MAJORS[0] : MAJORS.find((candidate) => candidate.major === major);
  if (source === undefined) {
    throw new UserError(`PostgreSQL ${major} is not available`, {
      hint: `Available: ${MAJORS.map((candidate) => candidate.major).join(", ")}.`,
    });
  }
  // Creating an instance needs them next.
  void context.info().catch(() => undefined);
  const recipe = await readRecipe();
  const tag = tagOf(source, recipe);
  const present = await tolerating([404], context.docker.getImage(tag).inspect());
  const known = present?.Config.Labels?.[LABEL.version];
  const version = known ?? (await buildTagged(context, source, recipe, tag, report));
  return { major: source.major, version, id: tag, clientTools: true };
}

/** The same software wherever its packages came from: mirrors do not count. */
function tagOf(source: MajorSource, recipe: Recipe): string {
  const digest = createHash("sha256")
    .update(JSON.stringify([recipe.dockerfile, recipe.entrypoint, source]))
    .digest("hex");
  return `pgaddon/postgresql:${source.major}-${digest.slice(0, 12)}`;
}

/** Beside this file's folder in the sources, beside the bundle when installed. */
export async function readRecipe(): Promise<Recipe> {
  for (const folder of ["./image/", "../postgresql/image/"]) {
    const read = async (file: string): Promise<string> =>
      readFile(new URL(folder + file, import.meta.url), "utf8");
    try {
      const [dockerfile, entrypoint] = await Promise.all([read("Dockerfile"), read("entrypoint.sh")]);
      return { dockerfile, entrypoint };
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
    }
  }
  throw new Error("The image's Dockerfile is not installed");
}

/** The full version is known after a build only; a second one, all from cache, writes it on the image. */
async function buildTagged(
  context: DockerContext,
  source: MajorSource,
  recipe: Recipe,
  tag: string,
  report: (line: string) => void,
): Promise<string> {
  report(`Building ${tag} (once; takes a minute or two)`);
  const image = await build(context, source, recipe, { report });
  const { version, oomScore } = await tryOut(context, image, tag);
  await build(context, source, recipe, {
    t: tag,
    labels: { [LABEL.image]: "1", [LABEL.version]: version, [LABEL.oomScore]: String(oomScore) },
    report: () => undefined,
  });
  return version;
}

/** Its version, and whether this daemon has the right to shield the server from the kernel's memory killer. */
async function tryOut(
  context: DockerContext,
  image: string,
  tag: string,
): Promise<{ version: string; oomScore: number }> {
  const ask = async (oomScore: number): Promise<{ version: string; oomScore: number }> => {
    const argv = [`${binFolder(tag)}/postgres`, "--version"];
    const { stdout, stderr } = await captureInHelper(context, { image, argv, oomScore });
    const version = /PostgreSQL\) (\S+)/.exec(stdout)?.[1];
    if (version === undefined) throw new UserError(`The image just built does not run: ${stderr.trim()}`);
    return { version, oomScore };
  };
  try {
    return await ask(OOM_SCORE);
  } catch (error) {
    if (statusOf(error) === undefined) throw error;
    return ask(0);
  }
}

/** Returns the image's id. */
async function build(
  context: DockerContext,
  source: MajorSource,
  recipe: Recipe,
  options: { t?: string; labels?: Record<string, string>; report: (line: string) => void },
): Promise<string> {
  const { report, ...naming } = options;
  const files = await makeTar(
    [
      { path: "Dockerfile", content: recipe.dockerfile, mode: 0o644 },
      { path: "entrypoint.sh", content: recipe.entrypoint, mode: 0o755 },
    ],
    0,
  );
  const mirror = context.env["PGADDON_APT_MIRROR"];
  const network = context.env["PGADDON_BUILD_NETWORK"];
  const stream = await context.docker.buildImage(Readable.from([files]), {
    ...naming,
    rm: true,
    forcerm: true,
    buildargs: {
      BASE: source.base,
      PG_MAJOR: String(source.major),
      ...(source.suite === null ? {} : { PG_SUITE: source.suite }),
      ...(mirror ? { APT_MIRROR: mirror } : {}),
    },
    ...(network ? { networkmode: network } : {}),
  });
  let id: string | undefined;
  const said: string[] = [];
  for await (const message of messages(stream)) {
    if (message.failed !== undefined) throw buildFailure(source, message.failed, said);
    id = message.id ?? id;
    for (const line of message.lines) {
      const short = line.length > 100 ? `${line.slice(0, 99)}…` : line;
      if (!/^ --->|^Removing intermediate/.test(line)) said.push(short);
      if (said.length > 12) said.shift();
      if (/^Step \d+\/\d+/.test(line)) report(short);
    }
  }
  if (id === undefined) throw new UserError("Docker's builder ended without an image", { hint: said });
  return id;
}

function buildFailure(source: MajorSource, reason: string, said: readonly string[]): UserError {
  if (/no space left on device/i.test(`${reason} ${said.join(" ")}`)) return diskFull();
  const about = `Building the image of PostgreSQL ${source.major} failed: ${reason}`;
  if (said.at(-1)?.includes(" FROM ") === true) {
    return new UserError(about, {
      hint: `An image of the name ${source.base} that is already there serves: pull or import it by hand.`,
    });
  }
  const network = /^(Err:|E: |W: Failed to fetch)/m.test(said.join("\n"));
  return new UserError(about, {
    hint: network
      ? [
          ...said,
          "Debian's packages must be reachable from Docker: PGADDON_APT_MIRROR names a mirror, PGADDON_BUILD_NETWORK=host uses this machine's network.",
        ]
      : said,
  });
}

interface BuildMessage {
  lines: string[];
  id?: string;
  failed?: string;
}

async function* messages(stream: NodeJS.ReadableStream): AsyncGenerator<BuildMessage> {
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + chunk.toString()).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.trim() !== "") yield parseMessage(line);
  }
  if (rest.trim() !== "") yield parseMessage(rest);
}

function parseMessage(line: string): BuildMessage {
  const message: { stream?: string; error?: string; aux?: { ID?: string } } = JSON.parse(line);
  return {
    lines: stripVTControlCharacters(message.stream ?? "")
      .split(/[\r\n]+/)
      .filter((text) => text.trim() !== ""),
    ...(message.aux?.ID === undefined ? {} : { id: message.aux.ID }),
    ...(message.error === undefined ? {} : { failed: message.error }),
  };
}
