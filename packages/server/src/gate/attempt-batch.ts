// gate/attempt-batch.ts: one transaction: a batch's locks and facts, its decisions in the order of arrival, and everything
// that they write.
// INVARIANT: what is committed was decided on the facts that hold under the locks of the same transaction.
import type { Transaction, TransactionOutcome, Writer } from '../db/writer.ts';
import { recordBatch } from '../record/record-batch.ts';
import type { SealedBatch } from '../record/recorder.ts';
import { batchKeysOf } from './batch-keys.ts';
import type { Configuration } from './configuration.ts';
import { creditPeriodsOf } from './credit-periods.ts';
import type { FlushContext } from './flush-context.ts';
import {
  type BatchFacts,
  type BatchKeys,
  type LockedFacts,
  completeFacts,
  loadFacts,
  workingSetOf,
} from './load-facts.ts';
import { openPeriods } from './open-periods.ts';
import { IdempotencyKeys } from './idempotency-keys.ts';
import type { PerformContext, Performed } from './perform-context.ts';
import { performCheck, performRequest } from './perform-opening.ts';
import { performStep } from './perform-step.ts';
import type { Prepared, Refusal } from './prepare-command.ts';
import type { Replay } from './replay-answer.ts';
import type { PeriodKey } from './resolve-action.ts';
import type { WorkingSet } from './working-set.ts';
import { writeState } from './write-state.ts';

export type Slot = Prepared | Refusal;

/** A batch needs transactions; whose turn they are in is not its business. */
export type BatchContext = Omit<FlushContext, 'writer'> & { readonly writer: Pick<Writer, 'transaction'> };

export type SlotResult =
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'retry' }
  | { readonly kind: 'replay'; readonly replay: Replay }
  | {
      readonly kind: 'done';
      readonly performed: Performed;
      readonly sealed: SealedBatch;
      readonly privateText: unknown;
    };

/** `stale`: the configuration changed before the lock was held, so the batch must be prepared again. */
export type Attempt = 'stale' | { readonly slots: readonly SlotResult[] };

interface Batch {
  readonly slots: readonly Slot[];
  readonly configuration: Configuration;
  readonly keys: BatchKeys;
  readonly creditPeriod: (periodId: bigint) => bigint;
}

const KNOWN_PERIODS_MAX = 50_000;

export async function attemptBatch(
  slots: readonly Slot[],
  configuration: Configuration,
  context: BatchContext,
): Promise<Attempt> {
  if ((await openMissing(slots, configuration, context)) === 'stale') return 'stale';
  const credits = await creditPeriodsOf(slots, configuration, context);
  if (credits === 'stale') return 'stale';
  const keys = batchKeysOf(slots, { credits: credits.periodIds, knownPeriods: context.knownPeriods });
  const batch: Batch = { slots, configuration, keys, creditPeriod: credits.creditPeriod };
  const expected = context.foresight.expect(slots.length, keys, configuration.version);
  if (expected !== null) {
    const attempt = await decideAhead(batch, expected, context);
    if (attempt !== 'missed') return attempt;
  }
  return decideUnderLocks(batch, context);
}

async function openMissing(
  slots: readonly Slot[],
  configuration: Configuration,
  context: BatchContext,
): Promise<'stale' | 'open'> {
  // A cache: what has been forgotten is looked up again.
  if (context.knownPeriods.size > KNOWN_PERIODS_MAX) context.knownPeriods.clear();
  const missing = new Map<string, PeriodKey>();
  for (const slot of slots) {
    if (!('periods' in slot)) continue;
    for (const period of slot.periods)
      if (!context.knownPeriods.has(period.key)) missing.set(period.key, period);
  }
  if (missing.size === 0) return 'open';
  const opened = await openPeriods([...missing.values()], configuration.version, context);
  if (opened === 'stale') return 'stale';
  for (const [key, periodId] of opened) context.knownPeriods.set(key, periodId);
  return 'open';
}

function decideUnderLocks(batch: Batch, context: BatchContext): Promise<Attempt> {
  return context.writer.transaction<Attempt>(async (tx) => {
    const locked = await loadFacts(tx, batch.keys);
    if (locked.configurationVersion !== batch.configuration.version) return { result: 'stale' };
    const decided = decide(batch, await completeFacts(tx, batch.keys, locked), tx, context);
    return decided === 'stale' ? { result: 'stale' } : outcomeOf(decided, locked, context);
  });
}

/** While the database takes the locks. `missed`: they held something else, and nothing was done. */
function decideAhead(batch: Batch, expected: BatchFacts, context: BatchContext): Promise<Attempt | 'missed'> {
  return context.writer.transaction<Attempt | 'missed'>(async (tx) => {
    const locking = loadFacts(tx, batch.keys);
    locking.catch(() => undefined); // awaited below, unless deciding fails first
    tx.flush();
    const decided = decide(batch, expected, tx, context);
    const locked = await locking;
    if (decided === 'stale') return { result: 'stale' };
    const isSame = context.foresight.confirm(expected, locked, { ...decided, nowMs: context.now() });
    return isSame ? outcomeOf(decided, locked, context) : { result: 'missed' };
  });
}

interface Decided {
  readonly results: readonly SlotResult[];
  readonly working: WorkingSet;
  readonly sealed: SealedBatch | null;
  readonly decidedAtMs: number;
}

function outcomeOf(
  { results, working, sealed }: Decided,
  locked: LockedFacts,
  { foresight }: BatchContext,
): TransactionOutcome<Attempt> {
  const result = { slots: results };
  if (sealed === null) return { result };
  const committed = (): void => {
    sealed.committed();
    foresight.learn(results.length, locked, working);
  };
  return { result, commit: { ...sealed, committed, transactionId: locked.transactionId } };
}

/** Decides the commands in turn and sends all that they write. */
function decide(batch: Batch, facts: BatchFacts, tx: Transaction, context: BatchContext): 'stale' | Decided {
  const { slots, configuration, creditPeriod } = batch;
  const nowMs = context.now();
  // Rolled back as a whole: an idempotency key must not be claimed for something that is decided later.
  if (slots.some((slot) => 'kind' in slot && !bindsStill(slot, slot.atMs ?? nowMs))) return 'stale';
  const working = workingSetOf(facts);
  const performContext: PerformContext = {
    configuration,
    settings: context.settings,
    checkoutFor: context.checkoutFor,
    entropy: context.entropy,
    working,
    periodIds: context.knownPeriods,
    creditPeriod,
  };
  const keys = { idempotency: new IdempotencyKeys(facts.holders), locked: new Set(batch.keys.periodIds) };
  const outcomes = slots.map((slot) => performSlot(slot, facts, keys, performContext, nowMs));
  const sealed = write(working, tx, context, nowMs);
  const results = outcomes.map((outcome) => sealedResult(outcome, sealed));
  return { results, working, sealed, decidedAtMs: nowMs };
}

/** null: there was nothing to write. */
function write(
  working: WorkingSet,
  tx: Transaction,
  { recorder }: BatchContext,
  nowMs: number,
): SealedBatch | null {
  if (working.drafts.length === 0) return null;
  // The state goes out first: the database writes it while this process hashes and signs the log entries.
  for (const statement of writeState(working, nowMs)) tx.send(statement);
  tx.flush();
  const entryIds = working.drafts.map((_, index) => working.entryIdAt(index));
  const sealed = recorder.seal(entryIds, working.drafts, nowMs);
  recordBatch(tx, sealed);
  return sealed;
}

/** No budget period has ended since it was prepared. */
export function bindsStill(slot: Slot, atMs: number): boolean {
  if (!('periods' in slot)) return true;
  return slot.periods.every((period) => period.endsAtMs === null || atMs < period.endsAtMs);
}

type SlotOutcome =
  | Exclude<SlotResult, { kind: 'done' }>
  | { readonly kind: 'performed'; readonly performed: Performed; readonly privateText: unknown };

function sealedResult(outcome: SlotOutcome, sealed: SealedBatch | null): SlotResult {
  if (outcome.kind !== 'performed') return outcome;
  if (sealed === null) throw new Error('a performed command writes at least one entry');
  const { performed, privateText } = outcome;
  return { kind: 'done', performed, privateText, sealed };
}

function performSlot(
  slot: Slot,
  facts: BatchFacts,
  keys: { readonly idempotency: IdempotencyKeys; readonly locked: ReadonlySet<bigint> },
  context: PerformContext,
  nowMs: number,
): SlotOutcome {
  if (!('kind' in slot)) return { kind: 'refused', refusal: slot };
  const earlier = keys.idempotency.find(slot);
  if (earlier !== null) return earlier;
  const { working } = context;
  const atMs = slot.atMs ?? nowMs;
  if (slot.kind === 'step') {
    const current = working.purchase(slot.requestId);
    if (current?.state.reservedPeriods.some((periodId) => !keys.locked.has(periodId)) === true)
      return { kind: 'retry' };
    const performed = performStep(slot, context, atMs);
    if (!performed.ok) return { kind: 'refused', refusal: performed };
    keys.idempotency.keep(slot, working.entryIdAt(performed.draftIndex).toString(), working);
    return { kind: 'performed', performed, privateText: facts.privateTexts.get(slot.requestId) };
  }
  const performed =
    slot.kind === 'request' ? performRequest(slot, context, atMs) : performCheck(slot, context, atMs);
  keys.idempotency.keep(slot, slot.resourceId, working);
  return { kind: 'performed', performed, privateText: slot.privateText };
}
