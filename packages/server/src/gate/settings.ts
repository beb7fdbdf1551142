// gate/settings.ts: what an operator may set about the gate, and what it needs from the outside.
import type { ApprovalLimits, Checkout } from '@countersign/core';

import type { Configuration } from './configuration.ts';

export interface GateSettings {
  /** Milliseconds a hold waits for its signatures when the request does not say. */
  readonly approvalValidForMs: number;
  /** For tools that run a gate of their own: instead of what the installation has set. */
  readonly approvalLimits?: Partial<ApprovalLimits>;
  /** Milliseconds a purchase paid outside may take before its reservation is given back. */
  readonly externalValidForMs: number;
  /** Most commands decided in one transaction. */
  readonly batchSizeMax: number;
}

export const DEFAULT_GATE_SETTINGS: GateSettings = {
  approvalValidForMs: 72 * 3_600_000,
  externalValidForMs: 7 * 24 * 3_600_000,
  batchSizeMax: 128,
};

export function approvalLimitsOf(
  { approvalLimits }: Configuration,
  settings: Pick<GateSettings, 'approvalLimits'>,
): ApprovalLimits {
  return settings.approvalLimits === undefined
    ? approvalLimits
    : { ...approvalLimits, ...settings.approvalLimits };
}

/** Milliseconds of silence before a reminder, of an approval that waits so long. */
export function remindAfterMs({ remindAfterShare }: ApprovalLimits, validForMs: number): number | null {
  return remindAfterShare === null ? null : Math.floor(validForMs * remindAfterShare);
}

/** How a rail pays: answered by the rail adapters. Pure, as it runs inside the transaction. */
export type CheckoutFor = (rail: string | null, cardId: string) => Checkout;

/** The gate's source of randomness and ids: injected, so that a simulation can replay. */
export interface GateEntropy {
  readonly newId: (prefix: 'preq' | 'auth' | 'chk' | 'rcpt') => string;
  /** 16 random bytes, for one commitment. */
  readonly newSalt: () => Buffer;
}
