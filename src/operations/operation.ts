import type { Context } from "../context.ts";
import type { Addon, AddonStatus, OperationKind, State } from "../state/types.ts";

/**
 * A change of one add-on: named steps that can each be run again, journalled in the store before each of them.
 * Killed before its point of no return it is undone by whoever comes next; after it, finished.
 */
export interface OperationDefinition {
  readonly kind: OperationKind;
  /** For messages: "change of plan". */
  readonly title: string;
  /** Status shown while it goes on; none leaves the status alone. */
  readonly during?: AddonStatus;
  /** What it is for, when its turn comes: another command may have changed the add-on since the caller looked. */
  readonly from?: readonly AddonStatus[];
  /** The add-on goes: an interrupted change that cannot be settled, because the server will not start, is no obstacle. */
  readonly final?: true;
  /** Refuse what cannot work, before anything is touched. Not called when settling. */
  check?(context: Context, addon: Addon, input: Input): Promise<void>;
  readonly steps: readonly Step[];
  /** Name of the step from which on it is finished rather than undone. */
  readonly pointOfNoReturn: string;
  /** Bring things back to how they were; must work from any step before the point of no return, and again. */
  undo(context: Context, addon: Addon, input: Input): Promise<void>;
  /** The store after `undo`; deleting the entry is allowed. */
  undone(state: State, addon: Addon, input: Input): void;
  /** The store after the last step; deleting the entry is allowed. */
  done(state: State, addon: Addon, input: Input): void;
}

/** What the change is about, journalled with it. The runner adds `status_before`. */
export type Input = Record<string, string>;

export interface Step {
  readonly name: string;
  /** `addon` is the store's, read before the step. What it returns is merged into the entry, in the journal's next write. */
  run(context: Context, addon: Addon, input: Input): Promise<Partial<Addon> | void>;
}
