// main.ts: the only place that constructs things. `assembleGateway` puts the parts together on a database;
// `startGateway` adds what a server needs: its own PostgreSQL, background jobs, HTTP, and an orderly end.
import { signingKeyFromPem } from '@countersign/audit';
import type { Logger } from 'pino';
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';

import { type Admin, createAdmin } from './admin/admin.ts';
import { ensureBootstrapOperator } from './admin/bootstrap-operator.ts';
import { ensureInstallation, findInstallationId } from './admin/ensure-installation.ts';
import { type Database, openDatabase } from './db/connect.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './db/embedded-postgres.ts';
import { migrate } from './db/migrate.ts';
import type { DatabaseConnection } from './db/session-config.ts';
import { resolveUncertainCommit } from './db/uncertain-commit.ts';
import { Writer } from './db/writer.ts';
import { ConfigurationCache } from './gate/configuration-cache.ts';
import { Gate, type GateObserver } from './gate/gate.ts';
import { DEFAULT_GATE_SETTINGS, type GateEntropy } from './gate/settings.ts';
import { newId, newSalt } from './ids.ts';
import type { RailAdapter } from './rails/rail-adapter.ts';
import { createSandboxRail } from './rails/sandbox/sandbox-rail.ts';
import { logOrigin, openLogKey } from './record/log-key.ts';
import { LogReader } from './record/log-reader.ts';
import { Recorder } from './record/recorder.ts';
import { Sequencer } from './record/sequencer.ts';

export interface AssemblyOptions {
  /** The owner's connection: migrations run with it, everything else takes on the gateway's role. */
  readonly connection: DatabaseConnection;
  readonly logKeyFile: string;
  readonly log: Logger;
  /** Milliseconds since the epoch: the one clock of the gateway. */
  readonly now: () => number;
  readonly approvalValidForMs?: number;
  readonly cardValidForMs?: number;
  readonly batchSizeMax?: number;
  readonly allowPrivateWebhooks?: boolean;
  readonly observer?: GateObserver;
  /** Told after the sequencer has integrated entries. */
  readonly onIntegrated?: (size: number) => void;
}

/** The parts of a gateway on a database, without HTTP and without background jobs. */
export interface Gateway {
  readonly database: Database;
  readonly gate: Gate;
  readonly admin: Admin;
  readonly configuration: ConfigurationCache;
  readonly writer: Writer;
  readonly recorder: Recorder;
  readonly logReader: LogReader;
  readonly sequencer: Sequencer;
  readonly rail: RailAdapter;
  readonly installationId: string;
  /** Answers what was asked, then closes every connection. */
  close(): Promise<void>;
}

const CARD_VALID_FOR_MS = 168 * 3_600_000;
const ENTROPY: GateEntropy = { newId, newSalt };

export async function assembleGateway(options: AssemblyOptions): Promise<Gateway> {
  const { connection, log, now } = options;
  await migrate({ connection, log });
  const database = await openDatabase({ connection, applicationName: 'countersign', log });
  const { pool } = database;
  const installationId = (await findInstallationId(pool)) ?? newId('gw');
  const origin = logOrigin(installationId);
  const key = await openLogKey({ pool, origin, keyFile: options.logKeyFile, nowMs: now() });
  const recorder = new Recorder({ origin, gatewayId: newId('gw'), key });
  const writer = createWriter(database);
  const configuration = new ConfigurationCache(pool);
  const adminContext = { writer, recorder, pool, now };
  await ensureInstallation(adminContext, installationId);
  await configuration.load();
  const logReader = new LogReader({ pool, verifierKey: key.verifierKey });
  const rail = createSandboxRail({
    secret: await cardSecret(options.logKeyFile, origin),
    cardValidForMs: options.cardValidForMs ?? CARD_VALID_FOR_MS,
  });
  const gate = new Gate(
    {
      writer,
      pool,
      recorder,
      log: logReader,
      configuration,
      settings: {
        ...DEFAULT_GATE_SETTINGS,
        ...(options.approvalValidForMs === undefined
          ? {}
          : { approvalValidForMs: options.approvalValidForMs }),
        ...(options.batchSizeMax === undefined ? {} : { batchSizeMax: options.batchSizeMax }),
      },
      checkoutFor: (railName, cardId) =>
        rail.checkoutFor(railName ?? 'card', cardId) ?? { method: 'external' },
      entropy: ENTROPY,
      now,
      knownPeriods: new Map(),
    },
    options.observer,
  );
  return {
    database,
    gate,
    admin: createAdmin({ ...adminContext, allowPrivateWebhooks: options.allowPrivateWebhooks ?? false }),
    configuration,
    writer,
    recorder,
    logReader,
    sequencer: new Sequencer({
      database,
      key,
      now,
      ...(options.onIntegrated === undefined ? {} : { onIntegrated: options.onIntegrated }),
    }),
    rail,
    installationId,
    async close() {
      await gate.drain();
      await writer.close();
      await database.close();
    },
  };
}

function createWriter(database: Database): Writer {
  return new Writer({
    connect: () => database.writer(),
    outcomeOf: (transactionId, proof) =>
      resolveUncertainCommit({
        connect: () => database.connect(),
        transactionId,
        ...(proof === undefined
          ? {}
          : { isRecorded: async (client) => ((await client.query(proof)).rowCount ?? 0) > 0 }),
      }),
  });
}

/** Card numbers are derived from the log's key file: every gateway of an installation has it, the database has not. */
async function cardSecret(logKeyFile: string, origin: string): Promise<Buffer> {
  const pem = await readFile(logKeyFile, 'utf8');
  signingKeyFromPem(origin, pem); // a file that is no key is refused before anything is derived from it
  return createHash('sha256').update(pem).digest();
}

export interface OpenedStore {
  readonly connection: DatabaseConnection;
  readonly embedded: EmbeddedPostgres | null;
}

/** The database a gateway runs on: yours, or an embedded one in its data directory. */
export async function openStore(options: {
  readonly databaseUrl: string | null;
  readonly dataDir: string;
  readonly log: Logger;
  readonly onFatal?: (error: Error) => void;
}): Promise<OpenedStore> {
  await mkdir(options.dataDir, { recursive: true, mode: 0o700 });
  if (options.databaseUrl !== null) return { connection: options.databaseUrl, embedded: null };
  const embedded = await startEmbeddedPostgres({
    dataDir: options.dataDir,
    log: options.log,
    ...(options.onFatal === undefined ? {} : { onFatal: options.onFatal }),
  });
  return { connection: embedded.connection, embedded };
}

export { ensureBootstrapOperator };
