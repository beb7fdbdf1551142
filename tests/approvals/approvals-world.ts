// An installation whose purchases wait for signatures, with short ways to ask, sign and look: every request is of another
// vendor, so that nothing but its approval holds it.
import type { PurchaseState } from '@countersign/core';

import type { GateAnswer } from '../../packages/server/src/gate/command.ts';
import type { Gateway } from '../../packages/server/src/main.ts';
import type { Caller } from '../../packages/server/src/record/caller.ts';
import { type Installation, createInstallation, policyOf, requestOf } from '../harness/installation.ts';
import { stateAfter } from '../harness/test-gate.ts';

export const HOUR_MS = 3_600_000;

export function holdAbove(amount: number, parameters: object = {}, ruleId = 'r_hold'): object {
  return { rule_id: ruleId, rule_type: 'escalate_if', parameters: { amount_above: amount, ...parameters } };
}

export interface ApprovalsWorld {
  readonly installation: Installation;
  readonly gateway: Gateway;
  ask(amountMinor?: bigint, agentId?: string, gateway?: Gateway): Promise<PurchaseState>;
  sign(state: PurchaseState, by: string | Caller, how?: SignHow): Promise<GateAnswer>;
  /** Entries of a type, oldest first: their details. */
  details(type: string): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

interface SignHow {
  readonly step?: number;
  readonly onBehalfOf?: string;
  readonly gateway?: Gateway;
}

export async function approvalsWorld(
  rules: readonly object[],
  { agents = ['agent_a'], owner }: { readonly agents?: readonly string[]; readonly owner?: string } = {},
): Promise<ApprovalsWorld> {
  const installation = await createInstallation({
    agents,
    ...(owner === undefined ? {} : { owner }),
    people: ['ann', 'ben', 'cat', 'dan', 'eve'],
    policy: policyOf(rules),
    budgets: [{ budgetId: 'all', limit: '1000000.00' }],
  });
  const gateway = await installation.gateway();
  let vendors = 0;
  return {
    installation,
    gateway,
    async ask(amountMinor = 100_000n, agentId = 'agent_a', by = gateway) {
      vendors += 1;
      const request = requestOf(installation, agentId, { vendor: `shop_${vendors}`, amountMinor });
      return stateAfter(await by.gate.submit(request));
    },
    sign(state, by, { step, onBehalfOf, gateway: at = gateway } = {}) {
      return at.gate.submit({
        command: {
          kind: 'sign',
          approvalId: state.approval?.approvalId ?? '',
          authorizationReference: 'REF',
          comment: null,
          ...(step === undefined ? {} : { step }),
          ...(onBehalfOf === undefined ? {} : { onBehalfOf }),
        },
        caller: typeof by === 'string' ? installation.person(by) : by,
      });
    },
    async details(type) {
      const { rows } = await gateway.database.pool.query<{ body: Buffer }>(
        `SELECT body FROM log_entry WHERE convert_from(body, 'UTF8')::json ->> 'type' = $1 ORDER BY entry_id`,
        [type],
      );
      return rows.map((row) => {
        const { detail } = JSON.parse(row.body.toString('utf8')) as { detail: Record<string, unknown> };
        return detail;
      });
    },
    close: () => installation.close(),
  };
}

/** `approved`, or why not. */
export function outcome(answer: GateAnswer): string {
  return answer.ok ? (answer.purchase?.status ?? 'replayed') : answer.code;
}
