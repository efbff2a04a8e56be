import leven from "leven";

/** The candidates most like `word`, nearest first; none that is nothing like it. */
export function nearest(word: string, candidates: readonly string[], most = 3): string[] {
  return candidates
    .map((candidate) => ({
      candidate,
      distance: leven(word.slice(0, 80).toLowerCase(), candidate.toLowerCase()),
    }))
    .filter(
      ({ candidate, distance }) =>
        distance <= Math.max(2, Math.floor(Math.min(word.length, candidate.length) / 2.5)) ||
        (word.length > 1 && candidate.toLowerCase().startsWith(word.toLowerCase())),
    )
    .sort((a, b) => a.distance - b.distance || a.candidate.localeCompare(b.candidate))
    .slice(0, most)
    .map(({ candidate }) => candidate);
}

/** "Did you mean 'a' or 'b'?", or undefined. */
export function didYouMean(word: string, candidates: readonly string[]): string | undefined {
  const found = nearest(word, candidates).map((name) => `'${name}'`);
  if (found.length === 0) return undefined;
  return `Did you mean ${found.length === 1 ? found[0] : `${found.slice(0, -1).join(", ")} or ${found.at(-1)}`}?`;
}
