import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { commandNames, registry } from "../../src/commands/registry.ts";
import { SHELLS, completionScript } from "../../src/completion/scripts.ts";
import { newFolder, worldAfter } from "../fakes/world.ts";

/** Every entry with its command loaded. */
const commands = await Promise.all(
  registry.map(async (entry) => ({ ...entry, command: await entry.load() })),
);
const fishScript = await completionScript("fish");
const zshScript = await completionScript("zsh");

const has = (shell: string): boolean => spawnSync(shell, ["-c", "true"]).status === 0;
const plans = ["sandbox", "512m", "1g", "2g", "4g", "8g", "16g", "32g", "64g"];

/** A folder with a `pgaddon` that answers `__complete` as the real one did for a home with two apps. */
let folder: string;

beforeAll(async () => {
  const world = await worldAfter(
    "--app my-app addons-add postgresql 1g",
    "--app my-app addons-add postgresql sandbox",
    "--app my-app addons-remove my-app-3031 --confirm my-app-3031",
    "--app other addons-add postgresql 1g",
    "--app my-app env-set COLOUR=red",
  );
  folder = newFolder();
  mkdirSync(join(folder, "bin"));
  for (const kind of ["apps", "addons", "removed", "plans", "variables"]) {
    for (const app of ["", "my-app", "other", "nope"]) {
      const { stdout } = await world.must(["__complete", kind, app]);
      writeFileSync(join(folder, `${kind}-${app}`), stdout);
    }
  }
  writeFileSync(
    join(folder, "bin/pgaddon"),
    `#!/bin/sh\n[ "$1" = __complete ] || exit 1\ncase "$2" in apps|plans) set -- "$1" "$2" "" ;; esac\n[ -n "$2" ] && cat "${folder}/$2-$3"\n`,
  );
  chmodSync(join(folder, "bin/pgaddon"), 0o755);
  for (const shell of SHELLS) writeFileSync(join(folder, `pgaddon.${shell}`), await completionScript(shell));
});

const env = (): NodeJS.ProcessEnv => ({
  PATH: `${folder}/bin:${process.env["PATH"]}`,
  HOME: folder,
  LC_ALL: "C.UTF-8",
});

/** Lines as typed, the last word being completed, and what is offered (some of it, or all). */
const lines: [line: string, offered: readonly string[], all?: true][] = [
  ["", [...commandNames(), "help"], true],
  ["addons-", registry.map(({ name }) => name).filter((name) => name.startsWith("addons-")), true],
  ["--app my-app addons-u", ["addons-upgrade"], true],
  ["-", ["--app", "--addon", "--help", "--version"]],
  ["--app ", ["my-app", "other"], true],
  ["-a my", ["my-app"], true],
  ["env --app ", ["my-app", "other"], true],
  ["--app my-app addons-info ", ["my-app-3030"], true],
  ["--app other addons-info ", ["other-3032"], true],
  ["addons-info ", ["my-app-3030", "other-3032"], true],
  ["addons-info --app other ", ["other-3032"], true],
  ["--app my-app --addon ", ["my-app-3030"], true],
  ["--app my-app addons-restore ", ["my-app-3031"], true],
  ["--app my-app addons-add ", ["postgresql"]],
  ["--app my-app addons-add postgresql ", plans],
  ["--app my-app addons-add postgresql 5", ["512m"], true],
  ["--app my-app addons-upgrade my-app-3030 ", plans],
  ["--app my-app addons-add --engine local postgresql 5", ["512m"], true],
  ["--app my-app env --format ", ["plain", "json", "dotenv", "shell"], true],
  ["addons --format j", ["json"], true],
  ["--app my-app env-get ", ["COLOUR", "DATABASE_URL", "SCALINGO_POSTGRESQL_URL"], true],
  ["completion ", ["bash", "zsh", "fish"], true],
  ["destroy ", ["my-app", "other"], true],
  ["help addons-p", ["addons-plans"], true],
  ["addons-add --", ["--engine", "--pg-version", "--env-file", "--app", "--addon", "--help"]],
  ["doctor --f", ["--fix", "--format"]],
];

function expectOffered(
  offered: readonly string[],
  wanted: readonly string[],
  all: boolean | undefined,
): void {
  const found = [...new Set(offered)].sort();
  if (all === true) expect(found).toEqual([...wanted].sort());
  else for (const word of wanted) expect(found).toContain(word);
}

describe("bash", () => {
  function complete(words: readonly string[]): string[] {
    const script = `source "$0"; COMP_WORDS=(pgaddon "$@"); COMP_CWORD=$#; _pgaddon; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const shown = execFileSync("bash", ["--norc", "-c", script, join(folder, "pgaddon.bash"), ...words], {
      env: env(),
      encoding: "utf8",
    });
    return shown.split("\n").filter((word) => word !== "");
  }

  test("is bash", () => {
    execFileSync("bash", ["-n", join(folder, "pgaddon.bash")]);
    expect(
      execFileSync(
        "bash",
        ["--norc", "-c", 'source "$0"; complete -p pgaddon', join(folder, "pgaddon.bash")],
        { encoding: "utf8" },
      ),
    ).toBe("complete -F _pgaddon pgaddon\n");
  });

  test.each(lines)("pgaddon %s", (line, wanted, all) =>
    expectOffered(complete(line.split(" ")), wanted, all),
  );

  test.each([
    // As bash cuts up `--app=my-app addons-info `.
    [["--app", "=", "my-app", "addons-info", ""], ["my-app-3030"]],
    [["--app", "=", "my"], ["my-app"]],
    [
      ["--app", "="],
      ["my-app", "other"],
    ],
    [["addons", "--format", "=", "j"], ["json"]],
  ])("words around = : %j", (words, wanted) => expectOffered(complete(words), wanted, true));

  test("every command's flags", () => {
    for (const { name, aliases = [], command } of commands) {
      const flags = Object.values(command.options).flatMap(({ flag }) => flag.match(/--[a-z-]+/g) ?? []);
      for (const typed of [name, ...aliases])
        expectOffered(complete([typed, "--"]), [...flags, "--app", "--addon", "--help"], true);
    }
  });

  test("a broken pgaddon completes nothing, and says nothing", () => {
    const script = `pgaddon() { echo broken >&2; return 1; }; source "$0"; COMP_WORDS=(pgaddon --app ''); COMP_CWORD=2; _pgaddon; echo "\${#COMPREPLY[@]}"`;
    const { stdout, stderr } = spawnSync("bash", ["--norc", "-c", script, join(folder, "pgaddon.bash")], {
      encoding: "utf8",
    });
    expect({ stdout, stderr }).toEqual({ stdout: "0\n", stderr: "" });
  });
});

describe("fish", () => {
  const [, , fish] = SHELLS;
  const script = fishScript;

  test("has every command, alias and flag", () => {
    for (const name of commandNames()) expect(script).toContain(` -n __pgaddon_no_command -a ${name} `);
    for (const { name, aliases = [], command } of commands) {
      for (const { flag } of Object.values(command.options)) {
        const long = /--([a-z-]+)/.exec(flag)?.[1] ?? "";
        expect(script).toMatch(
          new RegExp(`-n '__pgaddon_command ${[name, ...aliases].join(" ")}'.* -l ${long}\\b`),
        );
      }
    }
  });

  test.runIf(has("fish")).each(lines)("pgaddon %s", (line, wanted, all) => {
    const shown = execFileSync(
      fish,
      [
        "--no-config",
        "-c",
        "source $argv[1]; complete -C $argv[2]",
        join(folder, "pgaddon.fish"),
        `pgaddon ${line}`,
      ],
      {
        env: env(),
        encoding: "utf8",
      },
    );
    const offered = shown
      .split("\n")
      .filter((each) => each !== "")
      .map((each) => each.split("\t")[0] ?? "");
    expectOffered(offered, wanted, all);
  });
});

describe("zsh", () => {
  const script = zshScript;

  test("has every command, alias and flag", () => {
    for (const { name, aliases = [], summary, command } of commands) {
      for (const each of [name, ...aliases])
        expect(script).toContain(`'${each}:${summary.replaceAll("'", "'\\''")}`);
      const line = script
        .split("\n")
        .find((each) => each.startsWith(`    ${[name, ...aliases].join("|")}) `));
      for (const { flag } of Object.values(command.options)) {
        for (const each of flag.match(/(^|\s)--?[a-z][a-z-]*/g) ?? [])
          expect(line).toContain(`'${each.trim()}[`);
      }
    }
  });

  test.runIf(has("zsh"))("is zsh", () => {
    execFileSync("zsh", ["-n", join(folder, "pgaddon.zsh")]);
    expect(script.startsWith("#compdef pgaddon\n")).toBe(true);
  });

  /**
   * zsh's own completion needs a terminal and a key press. In its place a stand-in for `_arguments` that does with the specs what
   * the manual says: the option's action after an option, the option names at `-`, else the action of the place.
   */
  const stand = `
compdef() { : }
compadd() { [[ $1 == -a ]] && print -rl -- "\${(@P)2}" || print -rl -- "\${(@)argv:#--}"; }
_describe() { print -rl -- "\${(@)\${(@P)2}%%:*}"; }
_files() { : }
act() { local action=$1; [[ $action == \\(*\\) ]] && print -rl -- \${=\${action#\\(}%\\)} || { [[ -n \${action// /} ]] && eval $action; }; }
_arguments() {
  local current=$words[CURRENT] before=$words[CURRENT-1] spec place=0 at value
  for spec in "$@"; do [[ $spec == "\${before}["*:value:* ]] && { act \${spec##*:value:}; return; }; done
  if [[ $current == -* ]]; then for spec in "$@"; do [[ $spec == -* ]] && print -r -- \${spec%%\\[*}; done; return; fi
  for ((at = 2; at < CURRENT; at++)); do
    value=0
    for spec in "$@"; do [[ $spec == "\${words[at]}["*:value:* ]] && value=1; done
    if ((value)); then ((at++)); elif [[ $words[at] != -* ]]; then ((place++)); fi
  done
  for spec in "$@"; do [[ $spec == $((place + 1)):argument:* ]] && act \${spec##*:argument:}; done
}
source $1; shift; words=(pgaddon "$@"); CURRENT=$#words; _pgaddon
`;
  const more: typeof lines = [
    ["--app=my-app addons-info ", ["my-app-3030"], true],
    ["--app=other --addon x addons-u", ["addons-upgrade"]],
  ];
  test.runIf(has("zsh")).each([...lines, ...more])("pgaddon %s", (line, wanted, all) => {
    const typed = line.split(" ");
    const { stdout, stderr } = spawnSync(
      "zsh",
      ["-f", "-c", stand, "stand", join(folder, "pgaddon.zsh"), ...typed],
      {
        env: env(),
        encoding: "utf8",
      },
    );
    expect(stderr).toBe("");
    // Matching what was typed is zsh's part.
    const offered = stdout.split("\n").filter((word) => word !== "" && word.startsWith(typed.at(-1) ?? ""));
    expectOffered(
      offered,
      line.endsWith("--") ? wanted.filter((word) => word !== "--help") : wanted,
      line === "" ? undefined : all,
    );
  });
});

test.each(SHELLS)("completions/pgaddon.%s is up to date", async (shell) => {
  const path = join(import.meta.dirname, "../../completions", `pgaddon.${shell}`);
  expect(readFileSync(path, "utf8").trimEnd()).toBe((await completionScript(shell)).trimEnd());
});

describe("what the scripts ask for", () => {
  test("a damaged state, an unknown kind or app complete nothing and are no error", async () => {
    const world = await worldAfter("--app my-app addons-add postgresql 1g");
    for (const words of [["nonsense"], ["variables", "nope"], ["variables"], []]) {
      expect(await world.run(["__complete", ...words])).toMatchObject({ code: 0, stdout: "", stderr: "" });
    }
    writeFileSync(join(world.home, "state.json"), "{");
    for (const kind of ["apps", "addons", "variables"]) {
      expect(await world.run(["__complete", kind, "my-app"])).toMatchObject({
        code: 0,
        stdout: "",
        stderr: "",
      });
    }
    expect((await world.run(["__complete", "plans", ""])).stdout.split("\n")).toContain("1g");
  });

  test("$PGADDON_APP counts where no app was typed", async () => {
    const world = await worldAfter(
      "--app one addons-add postgresql 1g",
      "--app two addons-add postgresql 1g",
    );
    expect((await world.must("__complete addons", { env: { PGADDON_APP: "two" } })).stdout).toBe(
      "two-3031\n",
    );
  });
});
