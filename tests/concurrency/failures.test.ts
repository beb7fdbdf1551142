import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { type Database, openDatabase } from '../../packages/server/src/db/connect.ts';
import type { GateAnswer } from '../../packages/server/src/gate/command.ts';
import type { Gateway } from '../../packages/server/src/main.ts';
import {
  type Installation,
  createInstallation,
  ledgerFaults,
  policyOf,
  recordFaults,
  requestOf,
  statusOf,
} from '../harness/installation.ts';
import { accepted } from '../harness/test-gate.ts';

// What goes wrong for one command, or for one moment, must not be done twice, and must not take others with it.
describe('a gate in which something fails', () => {
  let installation: Installation;
  let gateway: Gateway;
  let owner: Database;

  beforeEach(async () => {
    installation = await createInstallation({
      agents: ['agent_a'],
      people: ['ann'],
      policy: policyOf([{ rule_id: 'r_hold', rule_type: 'escalate_if', parameters: { amount_above: 10 } }]),
      budgets: [{ budgetId: 'daily', limit: '1000.00', period: 'day' }],
    });
    gateway = await installation.gateway();
    owner = await openDatabase({ connection: installation.connection, applicationName: 'test', as: 'owner' });
  });
  afterEach(async () => {
    expect(await ledgerFaults(gateway.database.pool)).toEqual([]);
    await owner.close();
    await installation.close();
  });

  const ask = (vendor: string, change: object = {}, at = gateway): Promise<GateAnswer> =>
    at.gate.submit(requestOf(installation, 'agent_a', { vendor, ...change }));
  const vendors = async (): Promise<string[]> => {
    const { rows } = await gateway.database.pool.query<{ vendor: string }>(
      'SELECT vendor FROM purchase_request ORDER BY vendor',
    );
    return rows.map((row) => row.vendor);
  };

  it('decides again after a deadlock, once', async () => {
    const held = accepted(await ask('held', { amountMinor: 2_000n }));
    const approvalId = held.purchase?.approval?.approvalId ?? '';
    const other = await owner.connect();
    await other.query(`SET deadlock_timeout = '20s'`); // the gate is the one that notices
    await other.query('BEGIN');
    await other.query('SELECT FROM purchase_request FOR UPDATE');
    const signed = gateway.gate.submit({
      command: { kind: 'sign', approvalId, authorizationReference: 'REF', comment: null },
      caller: installation.person('ann'),
    });
    while ((await waiting()) === 0) await sleep(5);
    const blocked = other.query('SELECT FROM budget_period FOR UPDATE');
    await blocked;
    await other.query('COMMIT');
    await other.end();
    expect(statusOf(await signed)).toBe('approved');
    expect(await recordFaults(gateway)).toEqual([]);
  });

  async function waiting(): Promise<number> {
    const { rows } = await owner.pool.query(
      `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
    );
    return rows.length;
  }

  it('fails the one command that the database cannot take, and decides the others of its batch', async () => {
    const answers = await Promise.allSettled([ask('before'), ask('with a \0 in it'), ask('after')]);
    expect(answers.map((answer) => answer.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(answers[1]).toMatchObject({ reason: { code: '22021' } });
    expect(await vendors()).toEqual(['after', 'before']);
    expect(statusOf(await ask('later'))).toBe('approved');
    expect(await recordFaults(gateway)).toEqual([]);
  });

  it('fails the one replay that cannot be read again, and decides the others of its batch once', async () => {
    const first = accepted(await ask('keyed', { key: 'key_1' }));
    await owner.pool.query('ALTER TABLE log_promise DISABLE TRIGGER append_only');
    await owner.pool.query('DELETE FROM log_promise WHERE $1 = ANY (entry_ids)', [first.entry.entryId]);
    const answers = await Promise.allSettled([ask('one'), ask('keyed', { key: 'key_1' }), ask('two')]);
    expect(answers.map((answer) => answer.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await vendors()).toEqual(['keyed', 'one', 'two']);
  });

  it('answers although whoever observes it fails', async () => {
    const failing = (): never => {
      throw new Error('an observer failed');
    };
    const observer = { flushed: failing, failed: failing, changed: failing };
    const warnings: Error[] = [];
    const note = (warning: Error): void => void warnings.push(warning);
    process.on('warning', note);
    const observed = await installation.gateway({ observer });
    expect(statusOf(await ask('observed', {}, observed))).toBe('approved');
    const answers = await Promise.allSettled([ask('x', {}, observed), ask('\0', {}, observed)]);
    expect(answers.map((answer) => answer.status)).toEqual(['fulfilled', 'rejected']);
    expect(await vendors()).toEqual(['observed', 'x']);
    await sleep(0);
    process.off('warning', note);
    expect(warnings.some((warning) => warning.message === 'an observer failed')).toBe(true);
  });

  it('decides in the period of the decision when midnight falls between two looks at the clock', async () => {
    const midnightMs = Date.UTC(2026, 10, 19);
    for (let before = 1; before <= 8; before += 1) {
      const midnight = midnightMs + before * 86_400_000;
      let looks = 0;
      let isArmed = false;
      const now = (): number => {
        if (!isArmed) return midnight - 1;
        looks += 1;
        return looks > before ? midnight : midnight - 1;
      };
      const crossing = await installation.gateway({ now });
      await ask('warm', { amountMinor: BigInt(100 + before) }, crossing);
      isArmed = true;
      const change = { vendor: 'midnight', key: `midnight_${before}` };
      const answer = accepted(await ask('midnight', change, crossing));
      expect(answer.entry.type).toBe('purchase.approved');
      const again = accepted(await ask('midnight', change, crossing));
      expect(again).toMatchObject({ replayed: true, entry: { entryId: answer.entry.entryId } });
      const { rows } = await owner.pool.query<{ fits: boolean }>(
        `SELECT request.created_at >= starts_at AND request.created_at < ends_at AS fits
         FROM countersign.purchase_request AS request JOIN countersign.budget_period ON period_id = ANY (reserved_periods)
         WHERE request_id = $1`,
        [answer.entry.subjectId],
      );
      expect(rows).toEqual([{ fits: true }]);
      await crossing.close();
    }
  });
});
