import { describe, expect, test } from "vitest";
import { newWorld } from "../fakes/world.ts";

/** The page's own blocks; password, number and port as the first add-on of a home gets them. */
describe("the page's transcript", () => {
  test("addons-add, env, addons, addons-upgrade, byte for byte", async () => {
    const world = newWorld();
    expect(await world.run("--app my-app addons-add postgresql 1g")).toMatchObject({
      code: 0,
      stdout: `-----> Addon postgresql has been provisionned
       ID: my-app-3030
       Modified variables: [DATABASE_URL SCALINGO_POSTGRESQL_URL]
       Message from addon provider: Database successfully created
`,
      stderr: "-----> App my-app has been created\n",
    });
    const { password } = world.addon("my-app-3030");
    expect(await world.run("--app my-app env")).toMatchObject({
      code: 0,
      stdout: `DATABASE_URL=$SCALINGO_POSTGRESQL_URL
SCALINGO_POSTGRESQL_URL=postgres://my_app_3030:${password}@127.0.0.1:31000/my_app_3030
`,
      stderr: "",
    });
    expect(await world.run("--app my-app addons")).toMatchObject({
      code: 0,
      stdout: `+------------+-------------+------+
|   ADDON    |     ID      | PLAN |
+------------+-------------+------+
| PostgreSQL | my-app-3030 | 1g   |
+------------+-------------+------+
`,
      stderr: "",
    });
    expect(await world.run("--app my-app addons-upgrade my-app-3030 2g")).toMatchObject({
      code: 0,
      stdout: `-----> Addon my-app-3030 has been upgraded
       Message from addon provider: Database plan successfully changed
`,
      stderr: "",
    });
  });
});
