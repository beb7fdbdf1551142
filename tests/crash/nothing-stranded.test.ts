import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { AUTHORIZATION_LAPSES_AFTER_MS, type PurchaseState } from '@countersign/core';

import type { GateAnswer } from '../../packages/server/src/gate/command.ts';
import { cardIdOf } from '../../packages/server/src/ids.ts';
import { expireOnce } from '../../packages/server/src/jobs/expire-purchases.ts';
import type { Gateway } from '../../packages/server/src/main.ts';
import {
  type Installation,
  NO_LOG,
  createInstallation,
  ledgerFaults,
  policyOf,
  recordFaults,
  requestOf,
} from '../harness/installation.ts';
import { NETWORK_CALLER, accepted, stateAfter } from '../harness/test-gate.ts';

const DAY_MS = 86_400_000;
const CARD_MS = 7 * DAY_MS;
const APPROVAL_MS = 3 * DAY_MS;

// Whatever a purchase waits for, and whether or not a gateway was there meanwhile: in the end its money is free again.
describe('a purchase that nobody takes further', () => {
  let installation: Installation;
  let gateway: Gateway;

  beforeEach(async () => {
    installation = await createInstallation({
      agents: ['agent_a'],
      people: ['ann'],
      policy: policyOf([{ rule_id: 'r_hold', rule_type: 'escalate_if', parameters: { amount_above: 10 } }]),
      budgets: [{ budgetId: 'all', limit: '1000.00' }],
    });
    gateway = await installation.gateway({ approvalValidForMs: APPROVAL_MS, cardValidForMs: CARD_MS });
  });
  afterEach(async () => {
    expect(await ledgerFaults(gateway.database.pool)).toEqual([]);
    expect(await recordFaults(gateway)).toEqual([]);
    await installation.close();
  });

  const ask = async (
    vendor: string,
    amountMinor: bigint,
    rail: string | null = null,
  ): Promise<PurchaseState> =>
    stateAfter(await gateway.gate.submit(requestOf(installation, 'agent_a', { vendor, amountMinor, rail })));
  const sign = (state: PurchaseState): Promise<GateAnswer> =>
    gateway.gate.submit({
      command: {
        kind: 'sign',
        approvalId: state.approval?.approvalId ?? '',
        authorizationReference: 'REF',
        comment: null,
      },
      caller: installation.person('ann'),
    });
  const charge = async (state: PurchaseState): Promise<string> => {
    const merchant = {
      name: state.action.counterparty,
      domain: null,
      merchantId: null,
      mcc: null,
      country: null,
    };
    const cardId = cardIdOf(state.requestId);
    const { amountMinor } = state.action;
    const command = { kind: 'authorize', cardId, amountMinor, currency: 'USD', merchant } as const;
    return accepted(await gateway.gate.submit({ command, caller: NETWORK_CALLER })).createdId ?? '';
  };
  const capture = (
    authorizationId: string,
    amountMinor: bigint,
    closeAuthorization: boolean,
  ): Promise<GateAnswer> =>
    gateway.gate.submit({
      command: { kind: 'capture', authorizationId, amountMinor, closeAuthorization },
      caller: NETWORK_CALLER,
    });
  const runJob = (): Promise<number> =>
    expireOnce({
      pool: gateway.database.pool,
      gate: gateway.gate,
      log: NO_LOG,
      now: () => installation.clock.nowMs,
    });
  async function states(): Promise<Record<string, string>> {
    const { rows } = await gateway.database.pool.query<{ vendor: string; state: string; reserved: bigint }>(
      `SELECT vendor, status || '/' || checkout_status AS state, reserved_minor AS reserved FROM purchase_request`,
    );
    return Object.fromEntries(rows.map((row) => [row.vendor, `${row.state} ${row.reserved}`]));
  }

  it('comes to an end by time alone, after a restart too', async () => {
    await ask('held', 2_000n);
    await ask('approved', 100n);
    await ask('outside', 200n, 'cash');
    const heldOutside = await ask('held_outside', 2_100n, 'cash');
    expect(stateAfter(await sign(heldOutside))).toMatchObject({ status: 'approved', card: null });
    await charge(await ask('charged', 300n));
    await capture(await charge(await ask('shipped_in_part', 400n)), 150n, false);
    await capture(await charge(await ask('shipped_whole_but_open', 500n)), 500n, false);
    expect(await runJob()).toBe(0);

    await gateway.close(); // and nobody is there when they run out
    installation.clock.nowMs += CARD_MS + AUTHORIZATION_LAPSES_AFTER_MS - 1;
    gateway = await installation.gateway({ approvalValidForMs: APPROVAL_MS, cardValidForMs: CARD_MS });
    expect(await runJob()).toBe(4);
    expect(await states()).toMatchObject({
      held: 'expired/none 0',
      approved: 'expired/issued 0',
      outside: 'expired/none 0',
      held_outside: 'expired/none 0',
      charged: 'approved/charged 300',
    });
    installation.clock.nowMs += 1;
    expect(await runJob()).toBe(3);
    expect(await states()).toMatchObject({
      charged: 'expired/reversed 0',
      shipped_in_part: 'approved/reconciled 0',
      shipped_whole_but_open: 'approved/reconciled 0',
    });
    expect(await runJob()).toBe(0);
    const { rows } = await gateway.database.pool.query(
      `SELECT pending_minor, committed_minor, spent_minor FROM budget_period`,
    );
    expect(rows).toEqual([{ pending_minor: 0n, committed_minor: 0n, spent_minor: 650n }]);
  });

  it('still posts a clearing that comes after its authorization has lapsed', async () => {
    const authorizationId = await charge(await ask('late', 300n));
    installation.clock.nowMs += CARD_MS + AUTHORIZATION_LAPSES_AFTER_MS;
    expect(await runJob()).toBe(1);
    const posted = await capture(authorizationId, 300n, true);
    expect(stateAfter(posted)).toMatchObject({
      status: 'expired',
      checkoutStatus: 'settled',
      settledMinor: 300n,
    });
    const { rows } = await gateway.database.pool.query<{ spent_minor: bigint }>(
      'SELECT spent_minor FROM budget_period',
    );
    expect(rows).toEqual([{ spent_minor: 300n }]);
  });
});
