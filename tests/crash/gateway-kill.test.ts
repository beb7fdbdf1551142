import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { GatewayProcess } from '../harness/gateway-process.ts';
import {
  type Installation,
  createInstallation,
  ledgerFaults,
  recordFaults,
  requestOf,
} from '../harness/installation.ts';
import type { GatewayLine, GatewayWord } from '../harness/run-gateway.ts';

const ROUNDS = 20;
const KEYS_PER_ROUND = 24;
const FITS = 250;

type Acknowledged = Exclude<GatewayWord, { failed: string }>;

// Two gateway processes serve one database; each round one of them is killed while it decides, and another takes its
// place. The client is this process: what it has read was acknowledged, whatever becomes of the gateway.
describe('kill -9 of a gateway', () => {
  let installation: Installation;
  let processes: GatewayProcess[];

  beforeEach(async () => {
    installation = await createInstallation({
      agents: ['agent_a'],
      budgets: [{ budgetId: 'all', limit: `${FITS}.00` }],
    });
    processes = [new GatewayProcess(installation), new GatewayProcess(installation)];
    await Promise.all(processes.map((each) => each.ready()));
  }, 60_000);
  afterEach(async () => {
    await Promise.all(processes.map((each) => each.kill()));
    await installation.close();
  });

  it('never overspends, loses no acknowledged answer and decides no key twice', async () => {
    const acknowledged = new Map<string, Acknowledged>();
    const keep = (word: GatewayWord | 'lost'): void => {
      if (word === 'lost') return;
      if ('failed' in word) throw new Error(`${word.key} failed: ${word.failed}`);
      const before = acknowledged.get(word.key);
      if (before !== undefined) expect(word).toEqual(before);
      acknowledged.set(word.key, word);
    };
    let unanswered: GatewayLine[] = [];
    let lost = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const [victim, survivor] = processes;
      if (victim === undefined || survivor === undefined) throw new Error('there are two gateways');
      const fresh = Array.from({ length: KEYS_PER_ROUND }, (_, index) => lineOf(`${round}-${index}`));
      const asked = [
        ...fresh.map((line) => victim.ask(line)),
        ...unanswered.map((line) => survivor.ask(line)),
        // The same keys through the other gateway at once: retries of an impatient client.
        ...fresh.slice(0, KEYS_PER_ROUND / 4).map((line) => survivor.ask(line)),
      ];
      await sleep((round % 7) * 4);
      const next = new GatewayProcess(installation);
      processes = [survivor, next, victim];
      await victim.kill();
      const words = await Promise.all(asked);
      words.forEach(keep);
      lost += words.filter((word) => word === 'lost').length;
      unanswered = fresh.filter((line) => !acknowledged.has(line.key));
      await next.ready();
    }
    expect(lost).toBeGreaterThan(0); // or nothing was killed in the middle of anything
    const [survivor] = processes;
    for (const line of unanswered) keep(await (survivor?.ask(line) ?? 'lost'));
    expect(acknowledged.size).toBe(ROUNDS * KEYS_PER_ROUND);

    const approved = [...acknowledged.values()].filter((word) => word.type === 'purchase.approved');
    expect(approved).toHaveLength(FITS);
    expect(new Set(approved.map((word) => word.requestId)).size).toBe(FITS);
    const gateway = await installation.gateway();
    const { pool } = gateway.database;
    const { rows } = await pool.query<{ entry_id: bigint; body: Buffer }>(
      'SELECT entry_id, body FROM log_entry',
    );
    const stored = new Map(rows.map((row) => [String(row.entry_id), row.body.toString()]));
    for (const word of acknowledged.values()) {
      expect(stored.get(word.entryId)).toBe(word.body);
    }
    const counted = await pool.query<{ requests: bigint; approved: bigint }>(
      `SELECT count(*) AS requests, count(*) FILTER (WHERE status = 'approved') AS approved FROM purchase_request`,
    );
    expect(counted.rows[0]).toEqual({ requests: BigInt(acknowledged.size), approved: BigInt(FITS) });
    expect(await ledgerFaults(pool)).toEqual([]);
    expect(await recordFaults(gateway)).toEqual([]);
    const more = await gateway.gate.submit(requestOf(installation, 'agent_a', { vendor: 'one_more' }));
    expect(more).toMatchObject({ ok: true, entry: { type: 'purchase.denied' } });
  }, 150_000);

  function lineOf(name: string): GatewayLine {
    return { key: `key-${name}`, vendor: `vendor-${name}`, caller: installation.callerOf('agent_a') };
  }
});
