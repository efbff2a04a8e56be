// Rounds, ratios, and how they are printed.

/** Every contender once a round, in an order that changes; resolves to what `measure` gave, by contender and round. */
export async function interleaved(rounds, names, measure, signal) {
  const samples = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const name of shuffled(names)) {
      signal.throwIfAborted();
      samples[name].push(await measure(name, round));
    }
  }
  return samples;
}

function shuffled(list) {
  return list
    .map((value) => ({ value, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ value }) => value);
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** How many times the base: of each round, since what else the machine does changes from one to the next. */
export function figure(name, samples, base, bound, aim) {
  const ratios = samples.map((value, round) => value / base[round]);
  return {
    name,
    median: median(ratios),
    worst: Math.max(...ratios),
    ...(bound === undefined ? {} : { bound }),
    ...(aim === undefined ? {} : { aim }),
    ms: median(samples),
    base_ms: median(base),
  };
}

export function over({ median: value, bound }) {
  return bound !== undefined && value > bound;
}

export function textOf({ node, system, cpus, parts }) {
  const lines = [`Node ${node}, ${system}, ${cpus} CPUs`];
  for (const { name, rounds, load, method, figures, notes = [] } of parts) {
    const loads = [load.before, load.after].map((values) =>
      values.map((value) => value.toFixed(1)).join(" "),
    );
    lines.push(
      "",
      `${name}: ${rounds} rounds; load average ${loads[0]} before, ${loads[1]} after`,
      ...(load.before[0] > cpus
        ? ["  The machine was busy with other things: judge by a run on a quiet one."]
        : []),
      ...method.map((line) => `  ${line}`),
      "",
      row(["", "median", "worst", "bound", "", "ms", "of ms"]),
      ...figures.map((each) =>
        row([
          each.name,
          each.median.toFixed(2),
          each.worst.toFixed(2),
          each.bound === undefined ? "" : each.bound.toFixed(2),
          verdict(each),
          each.ms.toFixed(1),
          each.base_ms.toFixed(1),
        ]),
      ),
      ...(notes.length > 0 ? ["", ...notes.map((line) => `  ${line}`)] : []),
    );
  }
  return lines.join("\n");
}

function verdict(each) {
  if (each.bound === undefined) return "";
  if (over(each)) return "over";
  return each.aim !== undefined && each.median > each.aim ? `OK (aim ${each.aim.toFixed(1)})` : "OK";
}

function row([name, middle, worst, bound, said, ms, base]) {
  const numbers = [middle, worst, bound].map((value) => value.padStart(7)).join("");
  return `  ${name.padEnd(52)}${numbers}  ${said.padEnd(12)}${ms.padStart(9)}${base.padStart(9)}`.trimEnd();
}
