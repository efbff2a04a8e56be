import type { Context } from "../context.ts";

/** `<needed>` and `[optional]`; `...` takes all that follow. */
type Positional = `<${string}>` | `[${string}]`;

type Value<A extends Positional> = A extends `${string}...${">" | "]"}`
  ? string[]
  : A extends `<${string}>`
    ? string
    : string | undefined;

/** Commander's syntax: `-n, --lines <count>`; the key is the long name in camel case. */
export interface OptionSpec {
  readonly flag: string;
  readonly summary: string;
  /** Values to choose from, for help, completion and checking. */
  readonly choices?: readonly string[];
}

type OptionValue<F extends string> = F extends `${string}...${">" | "]"}`
  ? string[]
  : F extends `${string}<${string}`
    ? string
    : boolean;

/** Options that every command has. */
export interface CommonOptions {
  app?: string;
  addon?: string;
}

export interface Definition<A extends readonly Positional[], O extends Record<string, OptionSpec>> {
  /** What `help` says below the usage; the registry has the summary. */
  readonly description?: string;
  readonly args: A;
  readonly options: O;
  /** Lines without `pgaddon`. */
  readonly examples: readonly string[];
  /** What is prompted for, and which options make it silent. */
  readonly automation?: string;
  /** Everything after the command's own options belongs to another program. */
  readonly passThrough?: boolean;
  /** Resolves to the exit code; nothing is 0. */
  run(
    context: Context,
    input: {
      readonly args: { -readonly [K in keyof A]: Value<A[K]> };
      readonly options: CommonOptions & { [K in keyof O]?: OptionValue<O[K]["flag"]> };
    },
  ): Promise<number | void>;
}

/** Gives a command file its types. */
export function define<const A extends readonly Positional[], const O extends Record<string, OptionSpec>>(
  definition: Definition<A, O>,
): Definition<A, O> {
  return definition;
}

/** A command as program.ts calls it, its own types forgotten. */
export interface Command {
  readonly description?: string;
  readonly args: readonly string[];
  readonly options: Record<string, OptionSpec>;
  readonly examples: readonly string[];
  readonly automation?: string;
  readonly passThrough?: boolean;
  run(context: Context, input: { args: never; options: never }): Promise<number | void>;
}

export const format = {
  flag: "--format <format>",
  summary: "table or json",
  choices: ["table", "json"],
} as const satisfies OptionSpec;
