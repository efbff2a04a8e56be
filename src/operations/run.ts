import { join } from "node:path";
import type { Context } from "../context.ts";
import { EngineUnavailableError, UserError, messageOf } from "../errors.ts";
import { takeLock, tryTakeLock } from "../state/lock.ts";
import type { HeldLock } from "../state/lock.ts";
import type { Addon, OperationKind, State } from "../state/types.ts";
import { definitionOf } from "./kinds.ts";
import type { Input, OperationDefinition } from "./operation.ts";

/** How long a second command waits for the first. */
const PATIENCE_MS = 120_000;

/**
 * Change an add-on by the operation of this kind, alone; whatever was interrupted before is settled first. Resolves to false,
 * having done nothing, when `needed` says so of the add-on as it is by then.
 */
export async function operate(
  context: Context,
  id: string,
  kind: OperationKind,
  input: Input = {},
  needed: (addon: Addon) => boolean = () => true,
): Promise<boolean> {
  const lock = await lockAddon(context, id, kind);
  try {
    const definition = definitionOf(kind);
    await settleLocked(context, id).catch(async (error: unknown) => {
      if (definition.final !== true || error instanceof EngineUnavailableError) throw error;
      if (!(await abandon(context, id))) throw error;
      context.output.warn(`${id}: an interrupted change is given up: ${messageOf(error)}`);
    });
    const addon = current(context, id);
    if (!needed(addon)) return false;
    if (definition.from?.includes(addon.status) === false) {
      throw new UserError(`${id} is ${addon.status}: another command has changed it meanwhile`);
    }
    // An engine that is away is found out before anything is written down that somebody would have to settle later.
    await context.engine(addon.engine);
    await definition.check?.(context, addon, input);
    context.signal.throwIfAborted();
    await advance(context, id, definition, { ...input, status_before: addon.status }, 0);
    return true;
  } finally {
    lock.release();
  }
}

/** Make an add-on: `reserve` writes its entry into the store, and the operation begins in the same write. Resolves to its id. */
export async function operateNew(
  context: Context,
  kind: OperationKind,
  input: Input,
  reserve: (state: State) => Promise<Addon>,
): Promise<string> {
  const definition = definitionOf(kind);
  const first = definition.steps[0]?.name ?? "";
  const { id, lock } = await context.store.update(async (state) => {
    const addon = await reserve(state);
    addon.operation = {
      id: crypto.randomUUID(),
      kind,
      step: first,
      started_at: context.now().toISOString(),
      input,
    };
    state.addons[addon.id] = addon;
    // The number is new, so nobody else can hold it.
    const taken = tryTakeLock(lockPath(context, addon.id), kind);
    if (taken === undefined) throw new Error(`the lock of the new addon ${addon.id} is taken`);
    return { id: addon.id, lock: taken };
  });
  try {
    await advance(context, id, definition, input, 0);
    return id;
  } finally {
    lock.release();
  }
}

/** The add-on's lock, or undefined when somebody has it. */
export function tryLockAddon(context: Context, id: string, purpose: string): HeldLock | undefined {
  return tryTakeLock(lockPath(context, id), purpose);
}

/** Take the add-on's lock, saying who holds it while waiting. */
function lockAddon(context: Context, id: string, purpose: string): Promise<HeldLock> {
  return takeLock(lockPath(context, id), purpose, {
    forMs: PATIENCE_MS,
    what: `The addon ${id}`,
    signal: context.signal,
    onWait: (holder) => context.output.note(`Waiting for another command on ${id}: ${holder}`),
  });
}

/**
 * Finish or undo what an interrupted command left of these add-ons. One that another command is working on right now is let
 * be. Failing is reported and not thrown: whoever only reads shall still read.
 */
export async function settle(context: Context, addons: readonly Addon[]): Promise<void> {
  for (const addon of addons) {
    if (addon.operation === null) continue;
    let lock: HeldLock | undefined;
    try {
      lock = tryLockAddon(context, addon.id, "settle");
      if (lock !== undefined) await settleLocked(context, addon.id);
    } catch (error) {
      context.output.warn(`${addon.id}: an interrupted change could not be settled: ${messageOf(error)}`);
    } finally {
      lock?.release();
    }
  }
}

async function settleLocked(context: Context, id: string): Promise<void> {
  const addon = context.store.read().addons[id];
  const operation = addon?.operation;
  if (addon === undefined || !operation) return;
  const definition = definitionOf(operation.kind);
  const at = indexOf(definition, operation.step);
  const passed = at >= indexOf(definition, definition.pointOfNoReturn);
  context.output.note(
    `${id}: ${passed ? "finishing" : "undoing"} an interrupted ${definition.title} (begun ${operation.started_at})`,
  );
  // What the interrupted command ran may still be at it.
  await endLeftovers(context, addon);
  if (passed) await advance(context, id, definition, operation.input, at);
  else await undo(context, id, definition, operation.input);
}

/** Forget an interrupted change of an add-on that is to go anyway; false for one that makes or deletes it. */
function abandon(context: Context, id: string): Promise<boolean> {
  return context.store.update((state) => {
    const entry = entryOf(state, id);
    const { operation } = entry;
    if (operation === null || ["provision", "remove", "purge"].includes(operation.kind)) return false;
    entry.operation = null;
    definitionOf(operation.kind).undone(state, entry, operation.input);
    if (entry.status === "updating") entry.status = "stopped";
    return true;
  });
}

async function endLeftovers(context: Context, addon: Addon): Promise<void> {
  const engine = await context.engine(addon.engine);
  for (const node of addon.nodes) await engine.endHelpers(node.instance);
}

async function advance(
  context: Context,
  id: string,
  definition: OperationDefinition,
  input: Input,
  from: number,
): Promise<void> {
  const operation = {
    id: crypto.randomUUID(),
    kind: definition.kind,
    started_at: context.now().toISOString(),
    input,
  };
  const noReturn = indexOf(definition, definition.pointOfNoReturn);
  let learnt: Partial<Addon> | void = undefined;
  let at = from;
  // What the journal never got to know has not begun.
  let begun = current(context, id).operation !== null;
  const interrupted = (): void =>
    context.output.note(
      at < noReturn
        ? `Interrupted: putting ${id} back as it was`
        : `Interrupted: finishing the ${definition.title} of ${id}`,
    );
  context.signal.addEventListener("abort", interrupted, { once: true });
  try {
    for (; at < definition.steps.length; at += 1) {
      const step = definition.steps[at];
      if (step === undefined) break;
      const addon = await change(context, id, (entry) => {
        Object.assign(entry, learnt);
        entry.operation = { ...(entry.operation ?? operation), step: step.name };
        if (definition.during !== undefined) entry.status = definition.during;
      });
      begun = true;
      // Past the point of no return Ctrl-C waits until it is finished.
      learnt = await step.run(at < noReturn ? context : calm(context), addon, input);
      if (at < noReturn) context.signal.throwIfAborted();
    }
  } catch (error) {
    if (begun && at < noReturn) await undoAfter(context, id, definition, input, error);
    throw error;
  } finally {
    context.signal.removeEventListener("abort", interrupted);
  }
  await context.store.update((state) => {
    const entry = entryOf(state, id);
    Object.assign(entry, learnt);
    entry.operation = null;
    definition.done(state, entry, input);
  });
}

/** The same world, in which nobody pressed Ctrl-C. */
function calm(context: Context): Context {
  return { ...context, signal: new AbortController().signal };
}

/** Undo after a failure; what cannot be undone now stays in the journal for the next command. */
async function undoAfter(
  context: Context,
  id: string,
  definition: OperationDefinition,
  input: Input,
  cause: unknown,
): Promise<void> {
  try {
    await undo(context, id, definition, input);
  } catch (error) {
    if (error instanceof EngineUnavailableError && cause instanceof EngineUnavailableError) return;
    context.output.warn(
      `${id}: the ${definition.title} could not be undone yet (${messageOf(error)}); the next command on it tries again`,
    );
  }
}

async function undo(
  context: Context,
  id: string,
  definition: OperationDefinition,
  input: Input,
): Promise<void> {
  await definition.undo(calm(context), current(context, id), input);
  await context.store.update((state) => {
    const entry = entryOf(state, id);
    entry.operation = null;
    definition.undone(state, entry, input);
  });
}

function change(context: Context, id: string, alter: (addon: Addon) => void): Promise<Addon> {
  return context.store.update((state) => {
    const entry = entryOf(state, id);
    alter(entry);
    return structuredClone(entry);
  });
}

function current(context: Context, id: string): Addon {
  return entryOf(context.store.read(), id);
}

function entryOf(state: State, id: string): Addon {
  const addon = state.addons[id];
  if (addon === undefined) throw new UserError(`The addon ${id} is not there any more`);
  return addon;
}

function indexOf(definition: OperationDefinition, step: string): number {
  const index = definition.steps.findIndex(({ name }) => name === step);
  if (index < 0) throw new Error(`${definition.kind} has no step '${step}'`);
  return index;
}

function lockPath(context: Context, id: string): string {
  return join(context.store.home, "locks", `addon-${id}`);
}
