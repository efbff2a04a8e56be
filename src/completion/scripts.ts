import type { OptionSpec } from "../commands/define.ts";
import { registry } from "../commands/registry.ts";
import { commonOptions } from "../program.ts";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

interface Flag {
  names: string[];
  summary: string;
  /** Words to choose from; a kind that `pgaddon __complete` knows; "file"; or nothing to offer. */
  values: { choices: readonly string[] } | { dynamic: string } | "file" | "none" | "flag";
}

interface CommandWords {
  names: string[];
  summary: string;
  flags: Flag[];
  /** For each positional, a kind for `__complete`, words, "file" or nothing. */
  positionals: (string | readonly string[])[];
}

/** The completion script of a shell: commands and flags from the registry, names and plans asked for when needed. */
export async function completionScript(shell: Shell): Promise<string> {
  const commands = await describe();
  if (shell === "bash") return bash(commands);
  if (shell === "zsh") return zsh(commands);
  return fish(commands);
}

async function describe(): Promise<CommandWords[]> {
  const all = await Promise.all(
    registry.map(async (entry) => {
      const command = await entry.load();
      const flags = Object.values<OptionSpec>({ ...command.options, ...commonOptions }).map(describeFlag);
      return {
        names: [entry.name, ...(entry.aliases ?? [])],
        summary: entry.summary,
        flags,
        positionals: command.args.map((argument) => positional(entry.name, argument)),
      };
    }),
  );
  const names = all.flatMap((command) => command.names);
  return [
    ...all,
    { names: ["help"], summary: "Show a command's options and examples", flags: [], positionals: [names] },
  ];
}

function describeFlag({ flag, summary, choices }: OptionSpec): Flag {
  const names = flag.match(/(^|\s)--?[a-z][a-z-]*/g)?.map((name) => name.trim()) ?? [];
  const value = /<([^>]+)>/.exec(flag)?.[1]?.replace("...", "");
  if (value === undefined) return { names, summary, values: "flag" };
  if (choices !== undefined) return { names, summary, values: { choices } };
  if (value === "file") return { names, summary, values: "file" };
  if (value === "app") return { names, summary, values: { dynamic: "apps" } };
  if (value === "addon" || value === "id") return { names, summary, values: { dynamic: "addons" } };
  return { names, summary, values: "none" };
}

function positional(command: string, argument: string): string | readonly string[] {
  const name = argument.replaceAll(/[<>[\].]/g, "");
  if (name === "addon-type") return ["postgresql"];
  if (name === "shell") return SHELLS;
  if (name === "plan") return "plans";
  if (name === "addon" || name === "addon-or-plan")
    return command === "addons-restore" ? "removed" : "addons";
  if (name === "app" && command !== "create") return "apps";
  if (name === "variable" || (name === "name" && command === "env-get") || name === "names")
    return "variables";
  return "";
}

const header = "Generated from the command registry by `npm run completions`; do not edit.";

function bash(commands: readonly CommandWords[]): string {
  const valueOf = (flag: Flag): string => {
    if (flag.values === "file") return 'COMPREPLY=($(compgen -f -- "$cur")); return';
    if (flag.values === "none") return "return";
    if (flag.values === "flag") return "";
    if ("dynamic" in flag.values) return `_pgaddon_words ${flag.values.dynamic}; return`;
    return `COMPREPLY=($(compgen -W "${flag.values.choices.join(" ")}" -- "$cur")); return`;
  };
  const cases = commands.map(({ names, flags, positionals }) => {
    const prev = flags
      .filter(({ values }) => values !== "flag")
      .map((flag) => `        ${flag.names.join("|")}) ${valueOf(flag)} ;;`);
    const places = positionals.flatMap((what, at) => {
      if (what === "") return [];
      const words =
        typeof what === "string"
          ? `_pgaddon_words ${what}`
          : `COMPREPLY=($(compgen -W "${what.join(" ")}" -- "$cur"))`;
      return [`        ${at}) ${words} ;;`];
    });
    const all = [...flags.flatMap((flag) => flag.names), "--help"].join(" ");
    return [
      `    ${names.join("|")})`,
      ...(prev.length === 0 ? [] : ['      case "$prev" in', ...prev, "      esac"]),
      `      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "${all}" -- "$cur")); return; fi`,
      ...(places.length === 0 ? [] : ['      case "$place" in', ...places, "      esac"]),
      "      ;;",
    ].join("\n");
  });
  return `# bash completion for pgaddon. ${header}
# Install: pgaddon completion bash > ~/.local/share/bash-completion/completions/pgaddon

_pgaddon_words() {
  COMPREPLY=($(compgen -W "$(pgaddon __complete "$1" "$app" 2>/dev/null)" -- "$cur"))
}

_pgaddon() {
  local word words=() last command="" app="" place=0 at
  # bash makes three words of --app=x.
  for word in "\${COMP_WORDS[@]:0:COMP_CWORD+1}"; do [[ $word == = ]] || words+=("$word"); done
  [[ \${COMP_WORDS[COMP_CWORD]} == = ]] && words+=("")
  last=$((\${#words[@]} - 1))
  local cur="\${words[last]}" prev=""
  ((last > 0)) && prev="\${words[last - 1]}"
  COMPREPLY=()
  for ((at = 1; at < last; at++)); do
    case "\${words[at]}" in
      -a|--app) app="\${words[at + 1]}"; ((at++)) ;;
      --addon|--format|--engine|--confirm|--pg-version|--env-file|-f|--file|-c|--command|-n|--lines|-p|--port|-b|--bind)
        [[ -n $command || \${words[at]} == --addon ]] && ((at++)) ;;
      -*) ;;
      *) if [[ -z $command ]]; then command="\${words[at]}"; else ((place++)); fi ;;
    esac
  done
  case "$prev" in
    -a|--app) _pgaddon_words apps; return ;;
    --addon) _pgaddon_words addons; return ;;
  esac
  case "$command" in
    "")
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "--app --addon --help --version" -- "$cur"))
      else COMPREPLY=($(compgen -W "${commands.flatMap(({ names }) => names).join(" ")}" -- "$cur")); fi
      ;;
${cases.join("\n")}
  esac
}
complete -F _pgaddon pgaddon
`;
}

function zsh(commands: readonly CommandWords[]): string {
  const escape = (text: string): string => text.replaceAll("'", "'\\''").replaceAll(/[[\]:]/g, "\\$&");
  const action = (what: Exclude<Flag["values"], string> | string | readonly string[]): string => {
    if (what === "file") return "_files";
    if (what === "none" || what === "flag" || what === "") return " ";
    if (typeof what === "string") return `_pgaddon_words ${what}`;
    if ("dynamic" in what) return `_pgaddon_words ${what.dynamic}`;
    return `(${("choices" in what ? what.choices : what).join(" ")})`;
  };
  const cases = commands.map(({ names, flags, positionals }) => {
    const specs = flags.flatMap((flag) =>
      flag.names.map(
        (name) =>
          `'${name}[${escape(flag.summary)}]${flag.values === "flag" ? "" : `:value:${action(flag.values)}`}'`,
      ),
    );
    const places = positionals.map((what, at) => `'${at + 2}:argument:${action(what)}'`);
    return `    ${names.join("|")}) _arguments '1: :' ${[...specs, ...places, "'*: :_files'"].join(" ")} ;;`;
  });
  const list = commands.flatMap(({ names, summary }) =>
    names.map((name) => `    '${name}:${escape(summary)}'`),
  );
  return `#compdef pgaddon
# zsh completion for pgaddon. ${header}
# Install: pgaddon completion zsh > a folder of $fpath, as _pgaddon

_pgaddon_words() {
  local -a found
  found=(\${(f)"$(pgaddon __complete $1 "$pgaddon_app" 2>/dev/null)"})
  compadd -a found
}

_pgaddon() {
  local pgaddon_app="" at
  for ((at = 2; at < CURRENT; at++)); do
    case $words[at] in
      -a|--app) pgaddon_app=$words[at+1] ;;
      --app=*) pgaddon_app=\${words[at]#--app=} ;;
    esac
  done
  local -a commands
  commands=(
${list.join("\n")}
  )
  while ((CURRENT > 2)); do
    case $words[2] in
      -a|--app|--addon)
        ((CURRENT > 3)) || break
        words=($words[1] "\${(@)words[4,-1]}")
        ((CURRENT -= 2)) ;;
      -*)
        words=($words[1] "\${(@)words[3,-1]}")
        ((CURRENT--)) ;;
      *) break ;;
    esac
  done
  if ((CURRENT == 3)) && [[ $words[2] == (-a|--app) ]]; then _pgaddon_words apps; return; fi
  if ((CURRENT == 3)) && [[ $words[2] == --addon ]]; then _pgaddon_words addons; return; fi
  if ((CURRENT == 2)); then
    if [[ $words[2] == -* ]]; then compadd -- --app --addon --help --version; else _describe command commands; fi
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
${cases
  .join("\n")
  .replaceAll("'1: :' ", "")
  .replaceAll(/'(\d+):argument/g, (_all, digits: string) => `'${Number(digits) - 1}:argument`)}
  esac
}
compdef _pgaddon pgaddon
`;
}

function fish(commands: readonly CommandWords[]): string {
  const quote = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  const values = (flag: Flag): string => {
    if (flag.values === "flag") return "";
    if (flag.values === "file") return " -r -F";
    if (flag.values === "none") return " -x";
    if ("dynamic" in flag.values) return ` -x -a '(__pgaddon_words ${flag.values.dynamic})'`;
    return ` -x -a ${quote(flag.values.choices.join(" "))}`;
  };
  const switches = ({ names }: Flag): string =>
    names.map((name) => (name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`)).join(" ");
  const lines = commands.flatMap(({ names, summary, flags, positionals }) => {
    const when = `-n '__pgaddon_command ${names.join(" ")}'`;
    const words = [
      ...new Set(
        positionals.flatMap((what) =>
          what === "" ? [] : typeof what === "string" ? [`(__pgaddon_words ${what})`] : what,
        ),
      ),
    ];
    return [
      ...names.map(
        (name) => `complete -c pgaddon -f -n __pgaddon_no_command -a ${name} -d ${quote(summary)}`,
      ),
      ...flags
        .filter((flag) => !["--app", "--addon"].some((common) => flag.names.includes(common)))
        .map(
          (flag) => `complete -c pgaddon ${when} ${switches(flag)}${values(flag)} -d ${quote(flag.summary)}`,
        ),
      ...(words.length === 0 ? [] : [`complete -c pgaddon -f ${when} -a '${words.join(" ")}'`]),
    ];
  });
  return `# fish completion for pgaddon. ${header}
# Install: pgaddon completion fish > ~/.config/fish/completions/pgaddon.fish

function __pgaddon_typed_command
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
        else
            switch $word
                case -a --app --addon
                    set skip 1
                case '-*'
                case '*'
                    echo $word
                    return
            end
        end
    end
end

function __pgaddon_no_command
    test -z "$(__pgaddon_typed_command)"
end

function __pgaddon_command
    contains -- "$(__pgaddon_typed_command)" $argv
end

function __pgaddon_words
    set -l words (commandline -opc)
    set -l app ''
    for at in (seq 2 (count $words))
        switch $words[$at]
            case -a --app
                test $at -lt (count $words); and set app $words[(math $at + 1)]
            case '--app=*'
                set app (string replace -- --app= '' $words[$at])
        end
    end
    pgaddon __complete $argv[1] "$app" 2>/dev/null
end

complete -c pgaddon -s a -l app -x -a '(__pgaddon_words apps)' -d ${quote(commonOptions.app.summary)}
complete -c pgaddon -l addon -x -a '(__pgaddon_words addons)' -d ${quote(commonOptions.addon.summary)}
complete -c pgaddon -n __pgaddon_no_command -l version -d 'show the version'
complete -c pgaddon -l help -d 'show help'
${lines.join("\n")}
`;
}
