// purchase/revalidate.ts: decides an approved, uncharged purchase again, because something that it was approved on has
// changed: a sibling that makes it part of a split order. Still good: nothing happens. Clauses: AG-642 4.4, 4.8.
import { decide } from '../decide.ts';
import type { DecisionFacts } from '../decision-facts.ts';
import type { Transfer } from '../ledger.ts';
import type { Finding } from '../finding.ts';
import { isOpen } from './end-purchase.ts';
import { withForeignTransfers } from './period-rates.ts';
import { endCard, releaseTransfers } from './release.ts';
import { type Reopening, reopen } from './reopen.ts';
import { type PurchaseState, type Transition, refused } from './state.ts';
import { isComplete } from './who-may-sign.ts';

export function revalidatePurchase(
  state: PurchaseState,
  command: Reopening,
  facts: Omit<DecisionFacts, 'stage' | 'signedSteps'>,
  nowMs: number,
): Transition {
  if (state.status !== 'approved' || !isOpen(state)) {
    return refused(
      'nothing_to_revalidate',
      'Only a request that is approved and not yet charged is decided again.',
    );
  }
  const signedSteps = (state.approval?.steps ?? []).filter(isComplete).map((step) => step.stepKey);
  const { outcome, findings } = decide(state.action, { ...facts, stage: 'execution', signedSteps }, nowMs);
  switch (outcome) {
    case 'approved':
      return refused('still_valid', 'What this request was approved on still holds.');
    case 'held': {
      const { change, transfers } = reopen(state, findings, command, nowMs);
      return stopped(state, change, 'purchase.held', transfers, findings);
    }
    case 'denied': {
      const change = { status: 'denied' as const, reservedMinor: 0n, card: endCard(state, 'cancelled') };
      return stopped(state, change, 'purchase.denied', releaseTransfers(state), findings);
    }
  }
}

function stopped(
  state: PurchaseState,
  change: Partial<PurchaseState>,
  type: 'purchase.held' | 'purchase.denied',
  transfers: readonly Transfer[],
  findings: readonly Finding[],
): Transition {
  return withForeignTransfers(state, {
    ok: true,
    state: { ...state, ...change },
    events: [{ type, transfers, findings, detail: { revalidated: true } }],
  });
}
