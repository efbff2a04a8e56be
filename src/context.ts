import type { Engine, EngineName } from "./engines/engine.ts";
import type { Output } from "./output/output.ts";
import type { Store } from "./state/store.ts";

/** The outside world, as a command sees it. Cheap things are values, dear things are functions. */
export interface Context {
  readonly output: Output;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly store: Store;
  readonly now: () => Date;
  /** The engine of this name, connected; throws EngineUnavailableError when it does not answer. */
  readonly engine: (name: EngineName) => Promise<Engine>;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  /** The terminal's own streams, for commands that hand them to a tool. */
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}
