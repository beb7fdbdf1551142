// bench/http-gateway-process.ts: the real server, as `countersign serve` starts it, on a database of the benchmark.
// A child of the benchmark. Says its address when it is ready.
import { join } from 'node:path';
import { pino } from 'pino';

import { startGateway } from '../packages/server/src/main.ts';
import { readSettings } from '../packages/server/src/settings.ts';
import { argumentOfChild, serveParent } from './child-process.ts';
import type { ProfileCommand } from './gateway-process.ts';
import { ProcessProfiler } from './process-profile.ts';
import type { WorldSite } from './world.ts';

const { connection, logKeyFile } = argumentOfChild() as WorldSite; // given by forms/http.ts
const { user, password, database, host, port } = connection;
const directory = join(logKeyFile, '..');
const settings = readSettings(
  {
    PORT: '0',
    HOST: '127.0.0.1',
    COUNTERSIGN_DATA_DIR: join(directory, `http-${database}`),
    DATABASE_URL: `postgresql://${user}:${password}@/${database}?host=${encodeURIComponent(host)}&port=${port}`,
    COUNTERSIGN_OPERATOR_KEY: 'bench-operator-key-bench-operator-key',
    COUNTERSIGN_LOG_KEY_FILE: logKeyFile,
    COUNTERSIGN_ALLOW_PRIVATE_WEBHOOKS: '1',
  },
  directory,
);
const running = await startGateway(settings, { log: pino({ level: settings.logLevel }) });
const profiler = new ProcessProfiler();

function answer(command: ProfileCommand): Promise<unknown> {
  return command.kind === 'profile-start' ? profiler.start() : profiler.stop(command.file);
}

serveParent({
  ready: { url: running.url },
  answer: (command) => answer(command as ProfileCommand), // sent by profile.ts
  close: () => running.close(),
});
