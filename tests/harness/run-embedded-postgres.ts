// Runs the embedded PostgreSQL of the data directory named as argument until it is killed. For tests that need its
// starter to be another process. Prints one line of JSON: the server's facts, or the code of the refusal.

import { SILENT_LOG } from '../../packages/server/src/db/database-log.ts';
import { describeDatabaseError } from '../../packages/server/src/db/database-error.ts';
import { startEmbeddedPostgres } from '../../packages/server/src/db/embedded-postgres.ts';

const dataDir = process.argv[2];
if (dataDir === undefined) throw new Error('usage: run-embedded-postgres.ts DATA_DIR');
try {
  const server = await startEmbeddedPostgres({
    dataDir,
    log: SILENT_LOG,
    settings: { shared_buffers: '64MB' },
  });
  const untilTold = setInterval(() => undefined, 60_000);
  process.once('SIGTERM', () => {
    clearInterval(untilTold);
    void server.stop();
  });
  process.stdout.write(
    `${JSON.stringify({
      connectionString: server.connectionString,
      clusterDir: server.clusterDir,
      postmasterPid: server.postmasterPid(),
    })}\n`,
  );
} catch (error) {
  process.stdout.write(`${JSON.stringify(describeDatabaseError(error))}\n`);
  process.exitCode = 1;
}
