import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createAdmin } from '../../packages/server/src/admin/admin.ts';
import { openDatabase } from '../../packages/server/src/db/connect.ts';
import { DatabaseError } from '../../packages/server/src/db/database-error.ts';
import { Writer } from '../../packages/server/src/db/writer.ts';
import { LedgerUnavailableError } from '../../packages/server/src/gate/gate.ts';
import type { Gateway } from '../../packages/server/src/main.ts';
import {
  type Installation,
  createInstallation,
  ledgerFaults,
  recordFaults,
  requestOf,
} from '../harness/installation.ts';
import { type LossyProxy, startLossyProxy } from '../harness/lossy-proxy.ts';
import { type OwnCluster, startOwnCluster } from '../harness/own-cluster.ts';
import { OPERATOR } from '../harness/test-admin.ts';

interface Acknowledged {
  readonly type: string;
  readonly entryId: bigint;
  readonly body: unknown;
}

const CALLERS = 12;
const ASKED_BEFORE_CRASH = 90;

describe('PostgreSQL that goes away', () => {
  let cluster: OwnCluster;
  let proxy: LossyProxy;
  let installation: Installation;
  let gateway: Gateway;

  beforeAll(async () => {
    cluster = await startOwnCluster();
    const { connection } = cluster.server;
    installation = await createInstallation(
      { agents: ['agent_a'], budgets: [{ budgetId: 'all', limit: '100000.00' }] },
      { connection },
    );
    proxy = await startLossyProxy(connection);
    gateway = await installation.gateway({ connection: proxy.connection });
  }, 60_000);
  afterAll(async () => {
    await installation.close();
    await proxy.close();
    await cluster.remove();
  }, 60_000);

  async function expectAllKept(acknowledged: ReadonlyMap<string, Acknowledged>): Promise<void> {
    const check = await installation.gateway();
    for (const [key, { type, entryId, body }] of acknowledged) {
      const again = await check.gate.submit(requestOf(installation, 'agent_a', { vendor: key, key }));
      expect(again).toMatchObject({ ok: true, replayed: true, entry: { type, entryId } });
      expect(again.ok ? again.entry.body : again).toEqual(body);
    }
    expect(await ledgerFaults(check.database.pool)).toEqual([]);
    expect(await recordFaults(check)).toEqual([]);
    const { rows } = await check.database.pool.query<{ keys: bigint; requests: bigint }>(
      `SELECT (SELECT count(*) FROM idempotency_key WHERE resource_id LIKE 'preq%') AS keys,
              (SELECT count(*) FROM purchase_request) AS requests`,
    );
    expect(rows[0]?.requests).toBe(rows[0]?.keys);
    await check.close();
  }

  it.each([
    ['is stopped at once', () => cluster.stopImmediately()],
    ['is killed', () => cluster.killPostmaster()],
  ])(
    'keeps every acknowledged answer when it %s, and the same gateway goes on',
    async (how, crash) => {
      const acknowledged = new Map<string, Acknowledged>();
      const load = { isCrashed: false };
      let failed = 0;
      let made = 0;
      const caller = async (): Promise<void> => {
        while (!load.isCrashed || made < ASKED_BEFORE_CRASH) {
          const key = `${how.replaceAll(' ', '_')}_${(made += 1)}`;
          try {
            const answer = await gateway.gate.submit(
              requestOf(installation, 'agent_a', { vendor: key, key }),
            );
            if (!answer.ok) throw new Error(answer.code);
            acknowledged.set(key, answer.entry);
          } catch (error) {
            if (!(error instanceof LedgerUnavailableError)) throw error;
            failed += 1;
            await sleep(20);
          }
          if (made > 10 * ASKED_BEFORE_CRASH) return;
        }
      };
      const previousPid = cluster.server.postmasterPid();
      const callers = Array.from({ length: CALLERS }, () => caller());
      while (acknowledged.size < ASKED_BEFORE_CRASH) await sleep(1);
      crash();
      await sleep(30);
      load.isCrashed = true;
      await Promise.all(callers);
      await cluster.untilRestarted(previousPid);
      expect(failed).toBeGreaterThan(0);
      const before = acknowledged.size;
      expect(before).toBeGreaterThanOrEqual(ASKED_BEFORE_CRASH);
      const key = `after_${how.replaceAll(' ', '_')}`;
      let answer = await gateway.gate
        .submit(requestOf(installation, 'agent_a', { vendor: key, key }))
        .catch(() => null);
      while (answer === null) {
        await sleep(50);
        answer = await gateway.gate
          .submit(requestOf(installation, 'agent_a', { vendor: key, key }))
          .catch(() => null);
      }
      expect(answer).toMatchObject({ ok: true, entry: { type: 'purchase.approved' } });
      await expectAllKept(acknowledged);
    },
    90_000,
  );

  it('answers what was committed although the answer to COMMIT was lost, and decides it once', async () => {
    for (let round = 0; round < 5; round += 1) {
      const keys = [0, 1, 2].map((index) => `lost_answer_${round}_${index}`);
      const ask = (key: string): ReturnType<Gateway['gate']['submit']> =>
        gateway.gate.submit(requestOf(installation, 'agent_a', { vendor: key, key }));
      await ask(`warm_${round}`);
      proxy.loseNext('answer');
      const answers = await Promise.all(keys.map(ask));
      expect(proxy.losses()).toBe(round + 1);
      for (const answer of answers) {
        expect(answer).toMatchObject({ ok: true, replayed: false, entry: { type: 'purchase.approved' } });
      }
      const again = await Promise.all(keys.map(ask));
      again.forEach((answer, index) => {
        const first = answers[index];
        expect(answer).toMatchObject({ ok: true, replayed: true });
        expect(answer.ok && answer.entry.body).toEqual(first?.ok === true && first.entry.body);
      });
    }
    expect(await ledgerFaults(gateway.database.pool)).toEqual([]);
    expect(await recordFaults(gateway)).toEqual([]);
  });

  it('says that nothing was done when COMMIT never arrived, and nothing was', async () => {
    const count = async (): Promise<bigint | undefined> =>
      (await gateway.database.pool.query<{ n: bigint }>('SELECT count(*) AS n FROM purchase_request')).rows[0]
        ?.n;
    await gateway.gate.submit(requestOf(installation, 'agent_a', { vendor: 'warm_again' }));
    const before = await count();
    const request = requestOf(installation, 'agent_a', { vendor: 'lost_commit', key: 'lost_commit' });
    proxy.loseNext('request');
    await expect(gateway.gate.submit(request)).rejects.toBeInstanceOf(LedgerUnavailableError);
    expect(await count()).toBe(before);
    expect(await gateway.gate.submit(request)).toMatchObject({ ok: true, replayed: false });
    expect(await recordFaults(gateway)).toEqual([]);
  });

  it('goes on with another chain of promises when an outcome stays unknown', async () => {
    const database = await openDatabase({
      connection: proxy.connection,
      applicationName: 'countersign test',
    });
    const writer = new Writer({
      connect: () => database.writer(),
      outcomeOf: () => Promise.reject(new DatabaseError('outcome_unknown', 'the database did not come back')),
    });
    const { recorder } = gateway;
    const admin = createAdmin({
      writer,
      recorder,
      pool: database.pool,
      now: () => installation.clock.nowMs,
      allowPrivateWebhooks: false,
    });
    await admin.agents.create(OPERATOR, { agentId: 'agent_b', name: 'b' });
    proxy.loseNext('answer');
    const unknown = admin.agents.create(OPERATOR, { agentId: 'agent_c', name: 'c' });
    await expect(unknown).rejects.toMatchObject({ code: 'outcome_unknown' });
    expect((await admin.agents.get('agent_c')).name).toBe('c'); // it had committed, and its place in the chain is taken
    await admin.agents.create(OPERATOR, { agentId: 'agent_d', name: 'd' });
    const answer = await gateway.gate.submit(requestOf(installation, 'agent_a', { vendor: 'after_unknown' }));
    expect(answer).toMatchObject({ ok: true, entry: { type: 'purchase.approved' } });
    expect(await recordFaults(gateway)).toEqual([]);
    await writer.close();
    await database.close();
  });
});
