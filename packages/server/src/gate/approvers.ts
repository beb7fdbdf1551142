// gate/approvers.ts: the people who approve, and whose signature they may give besides their own. Compiled with the
// configuration and never changed in place.
import type { Person, Signer } from '@countersign/core';

import type { DelegationRow, PrincipalRow } from '../ledger/load-configuration.ts';

export interface Delegation {
  readonly principal: Person;
  /** `[fromMs, untilMs)` */
  readonly fromMs: number;
  readonly untilMs: number;
}

export interface Approvers {
  /** Active principals with the role, by id. */
  readonly people: ReadonlyMap<string, Person>;
  /** Delegate -> those who have delegated to them; without those who may not approve any more. */
  readonly delegations: ReadonlyMap<string, readonly Delegation[]>;
}

export function compileApprovers(
  principals: readonly PrincipalRow[],
  rows: readonly DelegationRow[],
): Approvers {
  const people = new Map<string, Person>();
  for (const { principal_id: principalId, roles, email, status } of principals) {
    if (status === 'active' && roles.includes('approver')) people.set(principalId, { principalId, email });
  }
  const delegations = new Map<string, Delegation[]>();
  for (const row of rows) {
    const principal = people.get(row.principal_id);
    if (principal === undefined) continue;
    const delegation = { principal, fromMs: row.starts_at.getTime(), untilMs: row.ends_at.getTime() };
    delegations.set(row.delegate_id, [...(delegations.get(row.delegate_id) ?? []), delegation]);
  }
  return { people, delegations };
}

/** This person with those whose signature they may give at this moment. */
export function signerOf({ principalId, email }: Person, approvers: Approvers, atMs: number): Signer {
  const given = approvers.delegations.get(principalId) ?? [];
  const actsFor = new Map<string, Person>();
  for (const { principal, fromMs, untilMs } of given) {
    if (atMs >= fromMs && atMs < untilMs) actsFor.set(principal.principalId, principal);
  }
  return { principalId, email, actsFor: [...actsFor.values()] };
}
