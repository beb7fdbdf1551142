// same-step-twice.test.ts: the same step under one key, sent twice at once: in one batch and through two gateways.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { GateAnswer, GateCommand } from '../../packages/server/src/gate/command.ts';
import { cardIdOf } from '../../packages/server/src/ids.ts';
import type { Gateway } from '../../packages/server/src/main.ts';
import {
  type Installation,
  createInstallation,
  ledgerFaults,
  policyOf,
  recordFaults,
  requestOf,
} from '../harness/installation.ts';
import { NETWORK_CALLER } from '../harness/test-gate.ts';

const ROUNDS = 15;

describe('the same step from two sides at once', () => {
  let installation: Installation;
  let first: Gateway;
  let second: Gateway;
  let bought = 0;

  beforeAll(async () => {
    installation = await createInstallation({
      agents: ['agent_a', 'agent_b'],
      policy: policyOf([]),
      // One each: two purchases that share no budget have no lock in common but that of the key.
      budgets: [
        { budgetId: 'of_a', agentId: 'agent_a', limit: '100000.00' },
        { budgetId: 'of_b', agentId: 'agent_b', limit: '100000.00' },
      ],
    });
    [first, second] = await Promise.all([installation.gateway(), installation.gateway()]);
  });
  afterAll(async () => {
    expect(await ledgerFaults(first.database.pool)).toEqual([]);
    expect(await recordFaults(first)).toEqual([]);
    await installation.close();
  });

  const step = (gateway: Gateway, command: GateCommand): Promise<GateAnswer> =>
    gateway.gate.submit({ command, caller: NETWORK_CALLER });
  const keyed = (key: string, body = 'body') => ({ key, bodyHash: Buffer.from(body.padEnd(32)) });

  /** A purchase of 100.00 whose card was charged; its authorization. */
  async function charged(agentId = 'agent_a'): Promise<string> {
    bought += 1;
    const vendor = `vendor_${bought}`;
    const change = { vendor, amountMinor: 10_000n };
    const opened = await first.gate.submit(requestOf(installation, agentId, change));
    if (!opened.ok) throw new Error(opened.code);
    const merchant = { name: vendor, domain: null, merchantId: null, mcc: null, country: null };
    const cardId = cardIdOf(opened.entry.subjectId);
    const command: GateCommand = {
      kind: 'authorize',
      cardId,
      amountMinor: 10_000n,
      currency: 'USD',
      merchant,
    };
    const answer = await step(first, command);
    if (!answer.ok || answer.createdId === null) throw new Error('it was not charged');
    return answer.createdId;
  }

  async function captured(agentId = 'agent_a'): Promise<string> {
    const authorizationId = await charged(agentId);
    const capture = {
      kind: 'capture',
      authorizationId,
      amountMinor: null,
      closeAuthorization: true,
    } as const;
    expect((await step(first, capture)).ok).toBe(true);
    return authorizationId;
  }

  async function refundedMinor(authorizationId: string): Promise<bigint> {
    const { rows } = await first.database.pool.query<{ refunded_minor: bigint }>(
      'SELECT refunded_minor FROM card_authorization WHERE authorization_id = $1',
      [authorizationId],
    );
    return rows[0]?.refunded_minor ?? -1n;
  }

  it.each(['one batch', 'two gateways'])('refunds once in %s, and answers alike', async (where) => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const authorizationId = await captured();
      const idempotency = keyed(`refund_${where}_${round}`);
      const refund = { kind: 'refund', authorizationId, amountMinor: 1_000n, idempotency } as const;
      const other = where === 'one batch' ? first : second;
      const answers = await Promise.all([step(first, refund), step(other, refund), step(first, refund)]);
      const oks = answers.flatMap((answer) => (answer.ok ? [answer] : []));
      expect(oks).toHaveLength(3);
      expect(oks.filter((answer) => !answer.replayed)).toHaveLength(1);
      const shown = oks.map(({ entry: { entryId, type, subjectId, body, promise } }) => ({
        entryId,
        type,
        subjectId,
        body: JSON.parse(JSON.stringify(body)) as unknown,
        promise,
      }));
      expect(shown[1]).toEqual(shown[0]);
      expect(shown[2]).toEqual(shown[0]);
      expect(await refundedMinor(authorizationId)).toBe(1_000n);
    }
  });

  it.each(['one batch', 'two gateways'])(
    'takes one key for one of two purchases in %s, and refuses the other',
    async (where) => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const ids = [await captured('agent_a'), await captured('agent_b')];
        const idempotency = keyed(`shared_${where}_${round}`);
        const sides = where === 'one batch' ? [first, first] : [first, second];
        const answers = await Promise.all(
          ids.map((authorizationId, side) =>
            step(sides[side] ?? first, { kind: 'refund', authorizationId, amountMinor: 1_000n, idempotency }),
          ),
        );
        const codes = answers.map((answer) => (answer.ok ? 'ok' : answer.code)).sort();
        expect(codes).toEqual(['idempotency_key_reused', 'ok']);
        const sums = await Promise.all(ids.map(refundedMinor));
        expect(sums.reduce((sum, minor) => sum + minor, 0n)).toBe(1_000n);
      }
    },
  );

  it('leaves the key of a refused step to the next one of the same batch', async () => {
    const authorizationId = await charged();
    const idempotency = keyed('refused_first');
    const refund = { kind: 'refund', authorizationId, amountMinor: 1_000n, idempotency } as const;
    const capture = {
      kind: 'capture',
      authorizationId,
      amountMinor: null,
      closeAuthorization: true,
    } as const;
    const answers = await Promise.all([refund, capture, refund, refund].map((each) => step(first, each)));
    expect(answers.map((answer) => (answer.ok ? answer.replayed : answer.code))).toEqual([
      'nothing_to_refund',
      false,
      false,
      true,
    ]);
    expect(await refundedMinor(authorizationId)).toBe(1_000n);
  });

  it('stores no key where nothing went through', async () => {
    const authorizationId = await charged();
    const before = await keysStored();
    const refund = { kind: 'refund', authorizationId, amountMinor: 1n, idempotency: keyed('never') } as const;
    expect(await Promise.all([step(first, refund), step(second, refund)])).toMatchObject([
      { ok: false, code: 'nothing_to_refund' },
      { ok: false, code: 'nothing_to_refund' },
    ]);
    expect(await keysStored()).toBe(before);
  });

  async function keysStored(): Promise<bigint | undefined> {
    const { rows } = await first.database.pool.query<{ count: bigint }>(
      'SELECT count(*) FROM idempotency_key',
    );
    return rows[0]?.count;
  }
});
