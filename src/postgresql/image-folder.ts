import { fileURLToPath } from "node:url";

/** The folder `image`: beside this file in the sources, beside the flat bundle in dist. */
export function imageFolder(): string {
  return fileURLToPath(new URL("image", import.meta.url));
}
