// main.ts: the only place that constructs things. `assembleGateway` puts the parts together on a database;
// `startGateway` adds what a server needs: its own PostgreSQL, background jobs, HTTP, and an orderly end.
import { signingKeyFromPem } from '@countersign/audit';
import type { ApprovalLimits } from '@countersign/core';
import type { Logger } from 'pino';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { type Admin, createAdmin } from './admin/admin.ts';
import { ensureBootstrapOperator } from './admin/bootstrap-operator.ts';
import { ensureInstallation, findInstallationId } from './admin/ensure-installation.ts';
import { type Database, openDatabase } from './db/connect.ts';
import { ensureDataDirectory } from './db/cluster-directory.ts';
import { describeDatabaseError } from './db/database-error.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './db/embedded-postgres.ts';
import { migrate } from './db/migrate.ts';
import type { DatabaseConnection } from './db/session-config.ts';
import { withStartupLock } from './db/startup-lock.ts';
import { resolveUncertainCommit } from './db/uncertain-commit.ts';
import { Writer } from './db/writer.ts';
import { ConfigurationCache } from './gate/configuration-cache.ts';
import { Foresight } from './gate/foresight.ts';
import { HoldGuard } from './gate/hold-guard.ts';
import { Gate, type GateObserver } from './gate/gate.ts';
import { DEFAULT_GATE_SETTINGS, type GateEntropy, type GateSettings } from './gate/settings.ts';
import type { HttpContext } from './http/context.ts';
import { createMetrics } from './http/metrics.ts';
import { createHttpServer } from './http/server.ts';
import { newId, newSalt } from './ids.ts';
import { autoCharge } from './jobs/auto-charge.ts';
import { deliverWebhooks } from './jobs/deliver-webhooks.ts';
import { eraseExpiredTexts } from './jobs/erase-expired-texts.ts';
import { expirePurchases } from './jobs/expire-purchases.ts';
import { followStops } from './jobs/follow-stops.ts';
import { forecastBudgets } from './jobs/forecast-budgets.ts';
import type { Job } from './jobs/job-loop.ts';
import { planDeliveries } from './jobs/plan-deliveries.ts';
import { recordAttempts } from './jobs/record-attempts.ts';
import { sequenceLog } from './jobs/sequence-log.ts';
import { watchApprovals } from './jobs/watch-approvals.ts';
import { watchSettlements } from './jobs/watch-settlements.ts';
import { watchVelocity } from './jobs/watch-velocity.ts';
import { watchChanges } from './jobs/watch-changes.ts';
import type { RailAdapter } from './rails/rail-adapter.ts';
import { createSandboxRail } from './rails/sandbox/sandbox-rail.ts';
import { AttemptSpool } from './record/attempt-spool.ts';
import { DeliveryLog } from './record/delivery-log.ts';
import { EventFeed } from './record/event-feed.ts';
import { raiseAlert } from './record/raise-alert.ts';
import { logOrigin, openLogKey } from './record/log-key.ts';
import { LogReader } from './record/log-reader.ts';
import { Recorder } from './record/recorder.ts';
import { Sequencer } from './record/sequencer.ts';
import type { Settings } from './settings.ts';

export interface AssemblyOptions {
  /** The owner's connection: migrations run with it, everything else takes on the gateway's role. */
  readonly connection: DatabaseConnection;
  readonly logKeyFile: string;
  readonly log: Logger;
  /** Milliseconds since the epoch: the one clock of the gateway. */
  readonly now: () => number;
  readonly approvalValidForMs?: number;
  readonly cardValidForMs?: number;
  /** Instead of what the installation has set. */
  readonly approvalLimits?: Partial<ApprovalLimits>;
  readonly batchSizeMax?: number;
  readonly allowPrivateWebhooks?: boolean;
  readonly spool?: AttemptSpool;
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
  const configuration = new ConfigurationCache(pool);
  const writer = createWriter(database);
  const { installationId, key, recorder } = await withStartupLock(database, async () => {
    const id = (await findInstallationId(pool)) ?? newId('inst');
    const origin = logOrigin(id);
    const logKey = await openLogKey({ pool, origin, keyFile: options.logKeyFile, nowMs: now() });
    const made = new Recorder({ origin, gatewayId: newId('gw'), key: logKey });
    await ensureInstallation({ writer, recorder: made, pool, now }, id);
    return { installationId: id, key: logKey, recorder: made };
  });
  const adminContext = { writer, recorder, pool, now };
  await configuration.load();
  const logReader = new LogReader({ pool, verifierKey: key.verifierKey });
  const rail = createSandboxRail({
    secret: await cardSecret(options.logKeyFile, recorder.origin),
    cardValidForMs: options.cardValidForMs ?? CARD_VALID_FOR_MS,
  });
  const gate = new Gate(
    {
      writer,
      pool,
      recorder,
      log: logReader,
      configuration,
      settings: gateSettingsOf(options),
      checkoutFor: (railName, cardId) =>
        rail.checkoutFor(railName ?? 'card', cardId) ?? { method: 'external' },
      entropy: ENTROPY,
      now,
      spool: options.spool ?? null,
      knownPeriods: new Map(),
      foresight: new Foresight(),
      holds: new HoldGuard(),
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

function gateSettingsOf({ approvalValidForMs, approvalLimits, batchSizeMax }: AssemblyOptions): GateSettings {
  return {
    ...DEFAULT_GATE_SETTINGS,
    ...(approvalValidForMs === undefined ? {} : { approvalValidForMs }),
    ...(approvalLimits === undefined ? {} : { approvalLimits }),
    ...(batchSizeMax === undefined ? {} : { batchSizeMax }),
  };
}

function createWriter(database: Database): Writer {
  return new Writer({
    connect: () => database.writer(),
    outcomeOf: (transactionId, proof) =>
      resolveUncertainCommit({
        connect: () => database.connect(),
        transactionId,
        isRecorded: async (client) => ((await client.query(proof)).rowCount ?? 0) > 0,
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
  await ensureDataDirectory(options.dataDir);
  if (options.databaseUrl !== null) return { connection: options.databaseUrl, embedded: null };
  const embedded = await startEmbeddedPostgres({
    dataDir: options.dataDir,
    log: options.log,
    ...(options.onFatal === undefined ? {} : { onFatal: options.onFatal }),
  });
  return { connection: embedded.connection, embedded };
}

export interface RunningGateway {
  readonly url: string;
  /** A bootstrap operator key that was made just now: print it once, it is nowhere else. */
  readonly generatedOperatorKey: string | undefined;
  readonly gateway: Gateway;
  readonly clusterDir: string | null;
  /** Answers what is under way, ends jobs and streams, and stops the embedded PostgreSQL. */
  close(): Promise<void>;
}

/**
 * A whole server: database, gate, jobs, HTTP. `onFatal` is told when it cannot go on (its PostgreSQL is lost for good).
 * @throws DatabaseError, LogError, AdminError or SettingsError, each with a message for whoever starts it
 */
export async function startGateway(
  settings: Settings,
  outside: { readonly log: Logger; readonly onFatal?: (error: Error) => void; readonly now?: () => number },
): Promise<RunningGateway> {
  const { log } = outside;
  const now = outside.now ?? Date.now;
  const store = await openStore({ ...settings, ...outside });
  const closers: (() => Promise<unknown>)[] = [async () => store.embedded?.stop('fast')];
  try {
    const metrics = createMetrics({ processMetrics: true });
    const spool = new AttemptSpool(join(settings.dataDir, 'unrecorded-attempts.jsonl'));
    let events: EventFeed | null = null;
    const gateway = await assembleGateway({
      ...settings,
      connection: store.connection,
      log,
      now,
      spool,
      observer: {
        flushed: (batch) => {
          metrics.flushed(batch);
        },
        failed: (error, size) => {
          metrics.flushFailed();
          log.error({ size, ...describeDatabaseError(error) }, 'a batch of commands failed');
        },
        changed: (subjectIds) => events?.notifyLocal(subjectIds),
      },
      onIntegrated: () => events?.wake(),
    });
    closers.unshift(() => gateway.close());
    const { generatedKey } = await ensureBootstrapOperator(
      { ...gateway, pool: gateway.database.pool, now },
      settings.operatorKey,
    );
    if (settings.recoverSingleControl) await recoverSingleControl(gateway, now);
    events = new EventFeed({ pool: gateway.database.pool, log });
    const jobs = startJobs(gateway, { settings, events, spool, log, now });
    closers.unshift(() => Promise.all(jobs.map((job) => job.stop())));
    const feed = events;
    const server = await createHttpServer(
      httpContextOf(gateway, { settings, events: feed, metrics, log, now }),
    );
    closers.unshift(async () => {
      await server.close();
      feed.close();
    });
    const url = await server.listen({ host: settings.host, port: settings.port });
    return {
      url,
      generatedOperatorKey: generatedKey,
      gateway,
      clusterDir: store.embedded?.clusterDir ?? null,
      close: () => closeAll(closers),
    };
  } catch (error) {
    await closeAll(closers).catch(() => undefined);
    throw error;
  }
}

/** Whoever can set a variable of this process can do more than this; but never quietly. */
async function recoverSingleControl(gateway: Gateway, now: () => number): Promise<void> {
  const { admin, writer, recorder, database, installationId } = gateway;
  if ((await admin.settings.get()).change_control === 'single') return;
  await admin.settings.update({ kind: 'system', name: 'recovery' }, { change_control: 'single' });
  await raiseAlert(
    { writer, recorder, pool: database.pool, now },
    {
      kind: 'change_control.recovered',
      severity: 'critical',
      subject: { type: 'installation', id: installationId },
      message:
        'The gateway was started with COUNTERSIGN_RECOVER_SINGLE_CONTROL: `four_eyes` is switched off.',
      evidence: { change_control: 'single' },
      dedupeKey: `change_control.recovered/${now()}`,
      raisedBy: 'recovery',
    },
  );
}

function httpContextOf(
  gateway: Gateway,
  parts: Pick<HttpContext, 'events' | 'metrics' | 'log' | 'now' | 'settings'>,
): HttpContext {
  const { database, configuration, logReader, rail } = gateway;
  return {
    ...gateway,
    ...parts,
    pool: database.pool,
    rails: {
      reveal: ({ cardId, provider }) => (provider === rail.name ? rail.reveal(cardId) : undefined),
    },
    deliveries: new DeliveryLog(database, parts.now),
    record: logReader,
    checkReady: async () => {
      await configuration.fresh();
    },
  };
}

function startJobs(
  gateway: Gateway,
  {
    settings,
    events,
    spool,
    log,
    now,
  }: { settings: Settings; events: EventFeed; spool: AttemptSpool; log: Logger; now: () => number },
): Job[] {
  const { admin, configuration, database, gate, writer, recorder, sequencer } = gateway;
  const { pool } = database;
  const delivering = deliverWebhooks({
    database,
    log,
    now,
    allowPrivate: settings.allowPrivateWebhooks,
    disableEndpoint: (endpointId, reason) =>
      admin.webhookEndpoints.disable({ kind: 'system', name: 'deliver-webhooks' }, endpointId, reason),
  });
  const jobs = [
    sequenceLog({ sequencer, log }),
    recordAttempts({ spool, writer, recorder, now, log }),
    planDeliveries({ database, now, log, onPlanned: () => delivering.wake() }),
    delivering,
    expirePurchases({ pool, gate, now, log }),
    watchChanges({ changes: admin.changes, log }),
    eraseExpiredTexts({ retention: admin.retention, log }),
    followStops({ pool, gate, log }),
    watchApprovals({
      pool,
      gate,
      configuration: gateway.configuration,
      raise: (alert) => raiseAlert({ writer, recorder, pool, now }, alert),
      now,
      log,
    }),
    forecastBudgets({ database, pool, writer, recorder, now, log }),
    watchSettlements({ database, pool, writer, recorder, now, log }),
    watchVelocity({ database, pool, writer, recorder, now, configuration, velocity: admin.velocity, log }),
  ];
  if (settings.sandboxAutocharge) jobs.push(autoCharge({ pool, events, gate, log }));
  return jobs;
}

/** One after the other, all of them, whatever fails; the first failure is thrown at the end. */
async function closeAll(closers: readonly (() => Promise<unknown>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const close of closers) {
    await close().catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw failures[0];
}
