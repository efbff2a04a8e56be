const MB = 1024 ** 2;
const GB = 1024 ** 3;

export type PlanClass = "sandbox" | "starter" | "business" | "enterprise";

export interface Plan {
  id: string;
  class: PlanClass;
  /** For people: "Starter 1G". */
  name: string;
  /** Other names it is accepted by. */
  aliases: readonly string[];
  /** Bytes per node. */
  memory: number;
  /** Bytes; a line for warnings, not a wall. */
  disk: number;
  /** What the app's roles get. */
  connections: number;
  nodes: number;
  gateways: number;
  retention: Retention;
}

/** How many are kept; days for PITR. */
export interface Retention {
  manual: number;
  manual_per_day: number;
  daily: number;
  weekly: number;
  monthly: number;
  pitr_days: number;
}

interface ClassFacts {
  title: string;
  nodes: number;
  gateways: number;
  retention: Retention;
}

const classes: Record<PlanClass, ClassFacts> = {
  sandbox: {
    title: "Sandbox",
    nodes: 1,
    gateways: 0,
    retention: { manual: 1, manual_per_day: 2, daily: 0, weekly: 0, monthly: 0, pitr_days: 0 },
  },
  starter: {
    title: "Starter",
    nodes: 1,
    gateways: 0,
    retention: { manual: 10, manual_per_day: 10, daily: 7, weekly: 4, monthly: 0, pitr_days: 7 },
  },
  business: {
    title: "Business",
    nodes: 2,
    gateways: 2,
    retention: { manual: 50, manual_per_day: 50, daily: 7, weekly: 8, monthly: 12, pitr_days: 14 },
  },
  enterprise: {
    title: "Enterprise",
    nodes: 3,
    gateways: 3,
    retention: { manual: 50, manual_per_day: 50, daily: 7, weekly: 8, monthly: 12, pitr_days: 30 },
  },
};

const sizes = ["512m", "1g", "2g", "4g", "8g", "16g", "32g", "64g", "128g"] as const;

/** 60 connections and 20 GB of disk per GB of memory. */
function sized(planClass: "starter" | "business" | "enterprise", size: (typeof sizes)[number]): Plan {
  const megabytes = size.endsWith("m") ? Number.parseInt(size, 10) : Number.parseInt(size, 10) * 1024;
  const { title, nodes, gateways, retention } = classes[planClass];
  return {
    id: planClass === "starter" ? size : `${planClass}-${size}`,
    class: planClass,
    name: `${title} ${size.toUpperCase()}`,
    aliases: [`postgresql-${planClass}-${megabytes}`],
    memory: megabytes * MB,
    disk: (megabytes / 1024) * 20 * GB,
    connections: (megabytes / 1024) * 60,
    nodes,
    gateways,
    retention,
  };
}

/** Every plan there is, smallest first. */
export const PLANS: readonly Plan[] = [
  {
    id: "sandbox",
    class: "sandbox",
    name: "Sandbox",
    aliases: ["free", "postgresql-sandbox"],
    memory: 128 * MB,
    disk: 256 * MB,
    connections: 10,
    nodes: classes.sandbox.nodes,
    gateways: classes.sandbox.gateways,
    retention: classes.sandbox.retention,
  },
  ...sizes.filter((size) => size !== "128g").map((size) => sized("starter", size)),
  ...sizes.map((size) => sized("business", size)),
  ...sizes.slice(sizes.indexOf("4g")).map((size) => sized("enterprise", size)),
];

/** The plan of this id or alias, in any case of letters. */
export function findPlan(name: string): Plan | undefined {
  const wanted = name.toLowerCase();
  return PLANS.find((plan) => plan.id === wanted || plan.aliases.includes(wanted));
}

/** The plan of an id that the store holds. */
export function planOf(id: string): Plan {
  const plan = findPlan(id);
  if (plan === undefined) throw new Error(`the store names a plan that does not exist: ${id}`);
  return plan;
}
