#!/usr/bin/env -S node --
// Node 20 takes options it knows (--env-file) from behind the script's name, too, unless -- stands before it.
"use strict";

// Node 22.8 and newer keep what they compiled.
require("node:module").enableCompileCache?.();
void require("../dist/main.js").main(process.argv.slice(2));
