import { afterAll } from "vitest";
import { cleanHomes } from "./home.ts";

afterAll(cleanHomes, 120_000);
