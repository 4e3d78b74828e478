/** A process that holds a database file: begins to write, says so, and lets go when it is told to. */
async function hold(): Promise<void> {
  const { createClient } = await import('@libsql/client/sqlite3');
  const client = createClient({ url: `file:${process.argv[2]}` });
  const transaction = await client.transaction('write');
  await transaction.execute("INSERT INTO alpr_counters (name, value) VALUES ('held', 1)");
  process.on('message', () => {
    void transaction.rollback().then(() => process.exit(0));
  });
  process.send!('held');
}

void hold();

export {};
