import type { Engine, EngineName } from "./engines/engine.ts";
import type { Output } from "./output/output.ts";
import type { Refusal } from "./postgresql/client.ts";
import type { Store } from "./state/store.ts";
import type { Addon } from "./state/types.ts";

/** The outside world, as a command sees it. Cheap things are values, dear things are functions. */
export interface Context {
  readonly output: Output;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly store: Store;
  readonly now: () => Date;
  /** The engine of this name, connected once; throws EngineUnavailableError when it does not answer within `patienceMs`. */
  readonly engine: (name: EngineName, patienceMs?: number) => Promise<Engine>;
  /** One try to log in to a database as the app does, over TCP and TLS. Undefined: it answers. */
  readonly login: (addon: Addon, ca: string) => Promise<Refusal | undefined>;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  /** The terminal's own streams, for commands that hand them to a tool. */
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}
