import type { OperationKind } from "../state/types.ts";
import { changePlan } from "./change-plan.ts";
import type { OperationDefinition } from "./operation.ts";
import { restart, start, stop } from "./power.ts";
import { provision } from "./provision.ts";
import { purge, remove, restore } from "./removal.ts";

const definitions: Record<OperationKind, OperationDefinition> = {
  provision,
  upgrade: changePlan,
  stop,
  start,
  restart,
  remove,
  restore,
  purge,
};

/** How an operation of this kind is done, undone and finished. */
export function definitionOf(kind: OperationKind): OperationDefinition {
  return definitions[kind];
}
