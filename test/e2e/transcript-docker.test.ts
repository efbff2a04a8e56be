import { describe } from "vitest";
import { engines } from "../support/engines.ts";
import { transcript } from "./transcript.ts";

describe.each(engines().filter((name) => name === "docker"))("an app on %s", transcript);
