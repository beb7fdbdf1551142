// AG-642 4.7 with a real PostgreSQL that is really stopped, and a snapshot that really grows old.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { AttemptSpool } from '../../packages/server/src/record/attempt-spool.ts';
import {
  type Cast,
  type HttpAnswer,
  type HttpGateway,
  SEED_BODY,
  setUpCast,
  startHttpGateway,
} from '../harness/http-gateway.ts';
import { ledgerFaults, recordFaults } from '../harness/installation.ts';
import { type OwnCluster, startOwnCluster } from '../harness/own-cluster.ts';
import { makeThrowawayDirectory, removeThrowawayDirectory } from '../harness/throwaway-directory.ts';

const FRESHNESS_SECONDS = 2;

let cluster: OwnCluster;
let directory: string;
let spoolFile: string;
let spool: AttemptSpool;
let http: HttpGateway;
let cast: Cast;

beforeAll(async () => {
  cluster = await startOwnCluster();
  directory = await makeThrowawayDirectory();
  spoolFile = join(directory, 'attempts.jsonl');
  spool = new AttemptSpool(spoolFile);
  const { connection } = cluster.server;
  http = await startHttpGateway({}, { connection, spool, now: () => Date.now() });
  cast = await setUpCast(http);
  await put('POST', '/v1/budgets', {
    budget_id: 'erp',
    name: 'Kept in the ERP',
    scope: { type: 'organisation' },
    period: 'year',
    currency: 'USD',
    allocation: { external: { freshness_seconds: FRESHNESS_SECONDS } },
  });
}, 90_000);
afterAll(async () => {
  await http.close();
  await cluster.remove();
  await removeThrowawayDirectory(directory);
}, 60_000);

async function put(method: 'POST' | 'PUT', url: string, body: unknown): Promise<HttpAnswer['body']> {
  const answer = await http.call({ method, url, key: http.operatorKey, body });
  if (answer.status >= 300) throw new Error(answer.text);
  return answer.body;
}

/** As of now, by the clock on the wall. */
async function snapshot(): Promise<number> {
  const asOfMs = Date.now();
  await put('PUT', '/v1/budgets/erp/snapshot', {
    allocated: '5000.00',
    currency: 'USD',
    as_of: new Date(asOfMs).toISOString(),
    source: 'erp',
  });
  return asOfMs;
}

let asked = 0;
const buy = (amount: string): Promise<HttpAnswer> =>
  http.call({
    method: 'POST',
    url: '/v1/procurement/requests',
    key: cast.agent,
    body: { ...SEED_BODY, amount, intent: `purchase ${(asked += 1)}` },
  });

describe('a snapshot that grows old', () => {
  it('lets purchases through while it is fresh, and denies each of them once its time has passed', async () => {
    const asOfMs = await snapshot();
    expect(await buy('10.00')).toMatchObject({ status: 201, body: { status: 'approved' } });
    await sleep(asOfMs + FRESHNESS_SECONDS * 1000 + 25 - Date.now());
    const { body } = await buy('10.00');
    expect(body).toMatchObject({ status: 'denied' });
    const stale = (body['decision'].findings as HttpAnswer['body'][]).filter(
      ({ outcome }) => outcome === 'deny',
    );
    expect(stale).toMatchObject([
      {
        control: 'budget_allocation',
        reason_code: 'budget_stale',
        limit: 'at most 2 s old',
        clause: 'AG-642 4.7',
      },
    ]);
    const ageSeconds = Number(/^([0-9.]+) s old$/.exec(String(stale[0]?.['observed']))?.[1]);
    expect(ageSeconds).toBeGreaterThan(FRESHNESS_SECONDS);
    expect(ageSeconds).toBeLessThanOrEqual((Date.now() - asOfMs) / 1000);
    await snapshot();
    expect((await buy('10.00')).body).toMatchObject({ status: 'approved' });
  });
});

describe('PostgreSQL that is stopped', () => {
  it('lets nothing execute; the attempts are logged when it is back', async () => {
    await snapshot();
    const before = (await buy('10.00')).body;
    expect(before).toMatchObject({ status: 'approved' });
    const { connection } = cluster.server;
    await cluster.server.stop('fast');
    const refused = await Promise.all([buy('20.00'), buy('21.00'), buy('22.00')]);
    for (const { status, body, headers } of refused) {
      expect(status).toBe(503);
      expect(body).toMatchObject({ code: 'ledger_unavailable' });
      expect(headers['retry-after']).toBeDefined();
    }
    const charge = await http.call({
      method: 'POST',
      url: `/v1/sandbox/cards/${before['checkout'].card_id as string}/authorizations`,
      key: http.operatorKey,
      body: { amount: '10.00', currency: 'USD', merchant: { name: 'aws' } },
    });
    expect(charge).toMatchObject({ status: 503, body: { code: 'ledger_unavailable' } });
    const lines = (await readFile(spoolFile, 'utf8')).trim().split('\n');
    const spooled = lines.map((line) => JSON.parse(line) as { subjectId: string; terms: { amount: string } });
    expect(spooled.map(({ terms }) => terms.amount).sort()).toEqual(['20.00', '21.00', '22.00']);

    cluster = await startOwnCluster({ dataDir: cluster.dataDir });
    expect(cluster.server.connection).toMatchObject({ host: connection.host, port: connection.port });
    const { writer, recorder, database } = http.gateway;
    expect(await untilRecorded(() => spool.record({ writer, recorder, nowMs: Date.now() }))).toBe(3);
    const { rows } = await database.pool.query<{ subject_id: string; type: string }>(
      `SELECT subject_id, convert_from(body, 'UTF8')::json ->> 'type' AS type FROM log_entry
       WHERE subject_id = ANY ($1) ORDER BY subject_id`,
      [spooled.map(({ subjectId }) => subjectId)],
    );
    const subjects = spooled.map(({ subjectId }) => subjectId).sort();
    expect(rows).toEqual(subjects.map((subject_id) => ({ subject_id, type: 'purchase.unavailable' })));
    const held = await database.pool.query(`SELECT FROM purchase_request WHERE request_id = ANY ($1)`, [
      subjects,
    ]);
    expect(held.rowCount).toBe(0);
    await snapshot();
    expect((await buy('23.00')).body).toMatchObject({ status: 'approved' });
    expect(await ledgerFaults(database.pool)).toEqual([]);
    expect(await recordFaults(http.gateway)).toEqual([]);
  }, 60_000);
});

/** Connections that the old server took with it fail once more before new ones are made. */
async function untilRecorded(record: () => Promise<number>): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    try {
      return await record();
    } catch {
      await sleep(100);
    }
  }
  throw new Error('the spooled attempts could not be recorded');
}
