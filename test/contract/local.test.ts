import { describe } from "vitest";
import { engines } from "../support/engines.ts";
import { engineContract } from "./contract.ts";

describe.each(engines().filter((name) => name === "local"))("the %s engine", engineContract);
