import { mkdtemp, realpath } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { homeId, sweepHome } from "./sweep.mjs";

/** A PGADDON_HOME of its own. Made with makeHome it goes, with all that belongs to it, when the test file has ended. */
export interface Home {
  readonly path: string;
  /** The id in the labels of its Docker objects: `pgaddon.home=<id>`. Undefined until something was written. */
  id(): string | undefined;
  /** Sooner than at the end: processes, containers, volumes, networks and files. */
  clean(): Promise<void>;
}

const homes = new Set<Home>();

export async function makeHome(): Promise<Home> {
  const path = await realpath(await mkdtemp(join(tmpdir(), "pgaddon-home-")));
  const home: Home = {
    path,
    id: () => homeId(path),
    async clean() {
      await sweepHome(path);
      homes.delete(home);
    },
  };
  homes.add(home);
  return home;
}

/** setup.ts calls it after each test file. */
export async function cleanHomes(): Promise<void> {
  await Promise.all(Array.from(homes, (home) => home.clean()));
}
