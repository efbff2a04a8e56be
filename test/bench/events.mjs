// When Docker did what, for the phases of a provision.

const MARKS = [
  ["network", ({ Type, Action }) => Type === "network" && Action === "create"],
  ["container", ({ Type, Action }) => Type === "container" && Action === "create"],
  ["files", ({ Type, Action }) => Type === "container" && Action === "extract-to-dir"],
  ["start", ({ Type, Action }) => Type === "container" && Action === "start"],
];

/** @param docker a dockerode client */
export async function watchEvents(docker) {
  const stream = await docker.getEvents();
  const seen = [];
  let rest = "";
  stream.on("data", (chunk) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop();
    seen.push(...lines.filter(Boolean).map((line) => JSON.parse(line)));
  });
  stream.on("error", () => undefined);
  return {
    names: ["until the network is made", "container", "files", "started", "answered and ended"],
    /** Milliseconds of each phase of the process that made objects with `unique` in their name. */
    phases(unique, began, ms) {
      const ours = seen.filter(({ Actor }) => Actor.Attributes.name?.includes(unique));
      const at = MARKS.map(([, test]) => (ours.find(test)?.timeNano ?? Number.NaN) / 1e6 - began);
      seen.length = 0;
      return [...at, ms].map((end, index) => end - (index === 0 ? 0 : at[index - 1]));
    },
    close: () => stream.destroy(),
  };
}
