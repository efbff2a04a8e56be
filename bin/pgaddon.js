#!/usr/bin/env -S node --
// "--": Node 20 takes an --env-file that comes after the script for its own, and ends when there is no such file.
import module from "node:module";

// Node 22.8 and newer keep what they compiled.
module.enableCompileCache?.();
const { main } = await import("../dist/main.js");
await main(process.argv.slice(2));
