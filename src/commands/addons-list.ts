import { define, format } from "./define.ts";

export default define({
  args: [],
  options: { format },
  examples: ["addons-list"],
  async run({ output }, { options }) {
    if (options.format === "json")
      output.json({ addon_providers: [{ id: "postgresql", name: "PostgreSQL" }] });
    else await output.table(["ID", "Name"], [["postgresql", "PostgreSQL"]]);
  },
});
