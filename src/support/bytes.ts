const units = ["B", "KB", "MB", "GB", "TB"] as const;

/** Bytes for people, in powers of 1024: 1.5 GB, 512 MB. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value >= 10 || Number.isInteger(value) ? Math.round(value) : value.toFixed(1)} ${units[unit] ?? "B"}`;
}
