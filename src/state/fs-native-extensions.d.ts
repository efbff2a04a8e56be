/** The one function used of it (the package brings no types). */
declare module "fs-native-extensions" {
  /** Exclusive lock of the whole file; false when another open file holds it. */
  export function tryLock(file: number): boolean;
}
