import { Command as Commander, CommanderError, Option } from "commander";
import type { Command, OptionSpec } from "./commands/define.ts";
import { commandNames, findEntry, registry } from "./commands/registry.ts";
import type { Entry } from "./commands/registry.ts";
import type { Context } from "./context.ts";
import { UsageError } from "./errors.ts";
import { didYouMean } from "./support/nearest.ts";

/** Accepted before and after every command. */
export const commonOptions = {
  app: { flag: "-a, --app <app>", summary: "the app (else $PGADDON_APP, $SCALINGO_APP, git)" },
  addon: { flag: "--addon <addon>", summary: "the add-on: id, ad-<uuid> or type (else the app's only one)" },
} as const satisfies Record<string, OptionSpec>;

/** Run what was typed; resolves to the exit code. Throws UsageError for wrong arguments. */
export async function runProgram(
  argv: readonly string[],
  context: Context,
  version: string,
): Promise<number> {
  const { before, words, after } = splitCommand(argv);
  if (words.length === 0) {
    if (before.some((word) => word === "--version" || word === "-V" || word === "-v")) {
      context.output.print(`pgaddon version ${version}`);
      return 0;
    }
    const known = (word: string): boolean => ["-h", "--help"].includes(word) || isCommonOption(word);
    const unknown = before.find((word, at) => !known(word) && !takesValue(before[at - 1] ?? ""));
    if (unknown !== undefined) {
      throw new UsageError(`unknown option '${unknown}'`, "See `pgaddon help`.");
    }
    context.output.print(rootHelp());
    return before.includes("--help") || before.includes("-h") ? 0 : 2;
  }
  if (words[0] === "help") return help(words.slice(1), after, context);
  if (words[0] === "__complete") {
    const { candidates } = await import("./completion/candidates.ts");
    for (const line of candidates(context, words.slice(1))) context.output.print(line);
    return 0;
  }
  const { entry, rest } = match(words);
  if (entry === undefined) throw unknownCommand(words);
  const command = await entry.load();
  if (before.includes("--help") || before.includes("-h")) {
    context.output.print(build(entry, command, context).commander.helpInformation().trimEnd());
    return 0;
  }
  const { commander, outcome } = build(entry, command, context);
  try {
    await commander.parseAsync([...before, ...rest, ...after], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return 0;
    const longer = commandNames().filter((name) => name.startsWith(`${entry.name}-`));
    const near =
      error.code === "commander.excessArguments"
        ? didYouMean(`${entry.name}-${rest[0] ?? ""}`, longer)
        : undefined;
    throw new UsageError(shortened(error.message.replace(/^error: /, "")), [
      ...(near === undefined ? [] : [near]),
      `Usage: pgaddon ${commander.name()} ${commander.usage()}`,
      `See \`pgaddon help ${commander.name()}\`.`,
    ]);
  }
  return outcome();
}

/** Commander repeats what was typed, however long. */
function shortened(message: string): string {
  const short = message.replaceAll(/'([^']{57})[^']{4,}'/g, "'$1...'");
  return short.length > 400 ? `${short.slice(0, 397)}...` : short;
}

/**
 * Root options come first, then the command's words: `addons add` and `addons-add` are the same. The words end at the first
 * option, so that only what is typed as a command can be taken for one.
 */
function splitCommand(argv: readonly string[]): { before: string[]; words: string[]; after: string[] } {
  let at = 0;
  while (at < argv.length && argv[at]?.startsWith("-") && argv[at] !== "--") {
    at += takesValue(argv[at] ?? "") ? 2 : 1;
  }
  const before = argv.slice(0, at);
  let end = at;
  while (end < argv.length && !argv[end]?.startsWith("-")) end += 1;
  return { before, words: argv.slice(at, end), after: argv.slice(end) };
}

function takesValue(word: string): boolean {
  return ["-a", "--app", "--addon"].includes(word);
}

function isCommonOption(word: string): boolean {
  return takesValue(word) || /^(--app|--addon)=|^-a./.test(word);
}

/** The longest run of leading words that is a command. */
function match(words: readonly string[]): { entry: Entry | undefined; rest: string[] } {
  for (let count = Math.min(4, words.length); count > 0; count -= 1) {
    const entry = findEntry(words.slice(0, count).join("-"));
    if (entry !== undefined) return { entry, rest: words.slice(count) };
  }
  return { entry: undefined, rest: [] };
}

function unknownCommand(words: readonly string[]): UsageError {
  const typed = words[0] ?? "";
  const names = commandNames();
  const hint = didYouMean(words.slice(0, 2).join("-"), names) ?? didYouMean(typed, names);
  const shown = typed.slice(0, 60).replaceAll(/[\p{Cc}\p{Cf}]/gu, "?");
  return new UsageError(`unknown command '${shown}'`, hint ?? "See `pgaddon help`.");
}

async function help(words: string[], after: readonly string[], context: Context): Promise<number> {
  if (words.length === 0) {
    context.output.print(rootHelp());
    return 0;
  }
  const { entry, rest } = match([...words, ...after]);
  if (entry === undefined || rest.length > 0) throw unknownCommand(words);
  const command = await entry.load();
  context.output.print(build(entry, command, context).commander.helpInformation().trimEnd());
  return 0;
}

/** The commander of one command; `outcome` is the exit code once parsed. */
function build(
  entry: Entry,
  command: Command,
  context: Context,
): { commander: Commander; outcome: () => number } {
  let code = 0;
  const commander = new Commander(entry.name)
    .exitOverride()
    .configureOutput({ writeOut: (text) => context.output.print(text.trimEnd()), writeErr: () => undefined })
    .showSuggestionAfterError(true)
    .allowExcessArguments(false);
  commander.description(command.description ?? `${entry.summary}.`);
  if (command.passThrough === true) commander.passThroughOptions();
  for (const argument of command.args) commander.argument(argument);
  for (const { flag, summary, ...spec } of Object.values<OptionSpec>({
    ...command.options,
    ...commonOptions,
  })) {
    const option = new Option(flag, summary);
    if (spec.choices !== undefined) option.choices(spec.choices);
    commander.addOption(option);
  }
  if (entry.aliases !== undefined) commander.aliases([...entry.aliases]);
  const footer = [
    "",
    "Examples:",
    ...command.examples.map((line) => `  $ pgaddon ${line}`),
    ...(command.automation === undefined ? [] : ["", "In scripts:", `  ${command.automation}`]),
  ];
  commander.helpInformation = helpWithFooter(commander, footer);
  commander.action(async (...received: unknown[]) => {
    // Commander gives the positionals, then the options, then itself.
    const input = { args: received.slice(0, command.args.length), options: commander.opts() };
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- define() types it for the command itself
    code = (await command.run(context, input as never)) ?? 0;
  });
  return { commander, outcome: () => code };
}

/** `help NAME` and `NAME --help` print the same. */
function helpWithFooter(commander: Commander, footer: readonly string[]): () => string {
  const plain = commander.helpInformation.bind(commander);
  return () => `${plain().trimEnd().replace("Usage: ", "Usage: pgaddon ")}\n${footer.join("\n")}\n`;
}

function rootHelp(): string {
  const width = Math.max(...registry.map((entry) => entry.name.length)) + 2;
  const groups = [...new Set(registry.map((entry) => entry.group))];
  const listed = groups.flatMap((group) => [
    "",
    `${group}:`,
    ...registry
      .filter((entry) => entry.group === group)
      .map((entry) => `  ${entry.name.padEnd(width)}${entry.summary}`),
  ]);
  return [
    "Usage: pgaddon [--app <app>] [--addon <addon>] <command> [arguments]",
    "",
    "Managed PostgreSQL add-ons on machines you own.",
    ...listed,
    "",
    "`addons add` is the same as `addons-add`. `pgaddon help <command>` shows a command's options and examples.",
    "",
    "Start with:",
    "  $ pgaddon --app my-app addons-add postgresql 1g",
    "  $ pgaddon --app my-app env",
  ].join("\n");
}
