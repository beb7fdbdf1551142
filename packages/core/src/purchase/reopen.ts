// purchase/reopen.ts: an approved, uncharged purchase goes back to a human: its card is frozen and what was committed is
// pending, until the steps that the new holds ask for are signed. Clauses: AG-642 4.5, 4.8.
import type { Finding } from '../finding.ts';
import { type Transfer, transferAll } from '../ledger.ts';
import { stepsOf } from './open-purchase.ts';
import { homePeriods } from './period-rates.ts';
import type { PurchaseState } from './state.ts';

export interface Reopening {
  /** Used when it never had an approval. */
  readonly approvalId: string;
  readonly termsHash: string;
  readonly approvalValidForMs: number;
  /** Milliseconds of silence before a reminder of a step that says nothing of it; null or left out: none. */
  readonly remindAfterMs?: number | null;
}

export function reopen(
  state: PurchaseState,
  findings: readonly Finding[],
  { approvalId, termsHash, approvalValidForMs, remindAfterMs = null }: Reopening,
  nowMs: number,
): { readonly change: Partial<PurchaseState>; readonly transfers: readonly Transfer[] } {
  return {
    change: {
      status: 'held',
      checkoutStatus: 'none',
      approvedBy: null,
      approval: {
        approvalId: state.approval?.approvalId ?? approvalId,
        status: 'pending',
        termsHash,
        steps: stepsOf(findings, state.approval?.steps ?? [], { nowMs, remindAfterMs }),
        createdAtMs: state.approval?.createdAtMs ?? nowMs,
        expiresAtMs: nowMs + approvalValidForMs,
      },
      card: state.card === null ? null : { ...state.card, status: 'frozen' },
    },
    transfers: transferAll(homePeriods(state), 'committed', 'pending', state.reservedMinor),
  };
}
