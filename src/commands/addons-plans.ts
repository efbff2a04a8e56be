import { typeNamed } from "../addons/find.ts";
import { PLANS } from "../addons/plans.ts";
import { UserError } from "../errors.ts";
import { formatBytes } from "../support/bytes.ts";
import { define, format } from "./define.ts";

export default define({
  args: ["<addon-type>"],
  options: { format },
  examples: ["addons-plans postgresql", "addons-plans postgresql --format json"],
  async run({ output }, { args: [type], options }) {
    if (typeNamed(type) === undefined) {
      throw new UserError(`The addon_provider '${type.slice(0, 60)}' was not found`, {
        hint: "There is: postgresql.",
      });
    }
    if (options.format === "json") {
      output.json({ plans: PLANS });
      return;
    }
    await output.table(
      ["ID", "Name", "Memory", "Disk", "Connections", "Nodes"],
      PLANS.map((plan) => [
        plan.id,
        plan.name,
        formatBytes(plan.memory),
        formatBytes(plan.disk),
        String(plan.connections),
        plan.gateways === 0 ? String(plan.nodes) : `${plan.nodes} + ${plan.gateways} gateways`,
      ]),
    );
  },
});
