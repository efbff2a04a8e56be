import { UserError } from "../errors.ts";
import { define } from "./define.ts";

export default define({
  description:
    "Print the completion script of bash, zsh or fish: commands, flags, app names, add-on ids and plans.",
  args: ["<shell>"],
  options: {},
  examples: ["completion bash > ~/.local/share/bash-completion/completions/pgaddon"],
  async run({ output }, { args: [typed] }) {
    // Late: it reads the registry, which this command is in.
    const { SHELLS, completionScript } = await import("../completion/scripts.ts");
    const shell = SHELLS.find((name) => name === typed);
    if (shell === undefined) {
      throw new UserError(`No completion for '${typed.slice(0, 40)}'`, {
        hint: `There are: ${SHELLS.join(", ")}.`,
        exitCode: 2,
      });
    }
    output.print((await completionScript(shell)).trimEnd());
  },
});
