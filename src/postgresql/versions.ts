/** The majors there are, as data: where each one's packages come from. The first is the default. */
export const MAJORS: readonly MajorSource[] = [
  { major: 17, base: "debian:trixie-slim", suite: null },
  { major: 15, base: "debian:trixie-slim", suite: "bookworm" },
];

export interface MajorSource {
  major: number;
  /** Base image of the Docker engine. */
  base: string;
  /** Debian suite the packages are in, when it is not the base's own. */
  suite: string | null;
}
