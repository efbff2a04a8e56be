import pg from "pg";

/** Run one statement, or several without values, over a connection of its own; returns the rows of the (last) one. */
export async function sql(
  url: string,
  text: string,
  values?: readonly unknown[],
): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  // The server going away is the test's business; the query then fails.
  client.on("error", () => undefined);
  await client.connect();
  try {
    const result: pg.QueryResult | pg.QueryResult[] = await client.query(
      text,
      values === undefined ? undefined : [...values],
    );
    return (Array.isArray(result) ? result.at(-1) : result)?.rows ?? [];
  } finally {
    await client.end();
  }
}
