// One client that writes all the time and connects again when it must. Its parent asks for the longest time between two
// acknowledged writes: "begin" forgets what was, "longest" answers once writes go through again.
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";

const connectionString = process.argv[2];
let longest = 0;
let last = performance.now();
let asked = 0;

process.on("message", (message) => {
  if (message === "begin") longest = 0;
  if (message === "longest") asked = performance.now();
});
process.on("disconnect", () => process.exit());

for (;;) {
  const client = new pg.Client({
    connectionString,
    ssl: { rejectUnauthorized: false },
    connectionTimeoutMillis: 300,
    query_timeout: 1000,
  });
  client.on("error", () => undefined);
  try {
    await client.connect();
    for (;;) {
      await client.query("INSERT INTO writes DEFAULT VALUES");
      acknowledged();
      await sleep(5);
    }
  } catch {
    client.connection.stream.destroy();
  }
  await sleep(10);
}

function acknowledged() {
  const now = performance.now();
  longest = Math.max(longest, now - last);
  last = now;
  // A quarter of a second of writes first, so that nothing of the gap is still to come.
  if (asked > 0 && now - asked > 250) {
    asked = 0;
    process.send({ longest });
  }
}
