import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { extract, pack } from "tar-stream";

export interface ArchiveFile {
  /** Relative, `/` between parts. */
  path: string;
  content: string;
  mode: number;
}

/** A tar of these files and the folders they are in, all of one owner. */
export async function makeTar(files: readonly ArchiveFile[], owner: number): Promise<Buffer> {
  const archive = pack();
  const seen = new Set<string>();
  const common = { uid: owner, gid: owner, mtime: new Date() };
  for (const { path, content, mode } of files) {
    const parts = path.split("/");
    for (let depth = 1; depth < parts.length; depth++) {
      const folder = parts.slice(0, depth).join("/");
      if (seen.has(folder)) continue;
      seen.add(folder);
      archive.entry({ ...common, name: `${folder}/`, type: "directory", mode: 0o700 });
    }
    archive.entry({ ...common, name: path, mode }, content);
  }
  archive.finalize();
  return buffer(archive);
}

/** The first file in a tar, as text. */
export async function firstFile(tar: NodeJS.ReadableStream): Promise<string | undefined> {
  const reader = new Readable().wrap(tar);
  const archive = extract();
  reader.on("error", (error) => archive.destroy(error));
  reader.pipe(archive);
  for await (const entry of archive) {
    const content = await buffer(entry);
    if (entry.header.type === "file") return content.toString("utf8");
  }
  return undefined;
}
