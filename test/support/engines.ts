const all = ["docker", "local"] as const;

/** Engines to run a suite on: all of them, or those that `ENGINES=local` names. One that is not there fails its tests. */
export function engines(): readonly (typeof all)[number][] {
  const asked = (process.env["ENGINES"] ?? "").split(",").filter((name) => name !== "");
  if (asked.length === 0) return all;
  const unknown = asked.filter((name) => !all.some((engine) => engine === name));
  if (unknown.length > 0) throw new Error(`ENGINES names ${unknown.join(", ")}; there are ${all.join(", ")}`);
  return all.filter((engine) => asked.includes(engine));
}
