import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const slow = ["contract", "e2e", "chaos", "long"] as const;
const minutes = (count: number): number => count * 60_000;

/** Suites run one after the other; what needs servers gets few workers, for small machines measure time, not queues. */
const suite = (name: (typeof slow)[number], order: number, workers: number) => ({
  extends: true as const,
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    setupFiles: ["test/support/setup.ts"],
    maxWorkers: workers,
    sequence: { groupOrder: order },
    testTimeout: minutes(name === "long" ? 60 : 5),
    hookTimeout: minutes(10),
  },
});

export default defineConfig({
  root: fileURLToPath(new URL("..", import.meta.url)),
  test: {
    pool: "forks",
    retry: 0,
    passWithNoTests: false,
    allowOnly: false,
    testTimeout: 20_000,
    coverage: { provider: "v8", include: ["src/**/*.ts"], reporter: ["text", "html"] },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: [...slow, "bench"].map((name) => `test/${name}/**`),
          sequence: { groupOrder: 0 },
        },
      },
      suite("contract", 1, 2),
      suite("e2e", 2, 2),
      suite("chaos", 3, 1),
      suite("long", 4, 1),
    ],
  },
});
