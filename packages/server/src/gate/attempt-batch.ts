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
import { countHeld, flooded } from './hold-guard.ts';
import { openPeriods } from './open-periods.ts';
import { IdempotencyKeys } from './idempotency-keys.ts';
import type { PerformContext, Performed } from './perform-context.ts';
import { performCheck, performRequest } from './perform-opening.ts';
import { performStep } from './perform-step.ts';
import { approvalLimitsOf } from './settings.ts';
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
  const keys = batchKeysOf(slots, {
    credits: credits.periodIds,
    knownPeriods: context.knownPeriods,
    signaturesMax: approvalLimitsOf(configuration, context.settings).signaturesPerMinuteMax,
  });
  const batch: Batch = { slots, configuration, keys, creditPeriod: credits.creditPeriod };
  const expected = context.foresight.expect(slots.length, keys, configuration.version);
  const isNear = context.holds.agentsToCount(slots, pendingMax(batch, context)).length > 0;
  if (expected !== null && !isNear) {
    const attempt = await decideAhead(batch, expected, context);
    if (attempt !== 'missed' && attempt !== 'flooded') return attempt;
  }
  for (;;) {
    const attempt = await decideUnderLocks(batch, context);
    if (attempt !== 'flooded') return attempt; // once more at most: the next time its agents are counted ahead
  }
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
  const opened = await openPeriods([...missing.values()], configuration, context);
  if (opened === 'stale') return 'stale';
  for (const [key, periodId] of opened) context.knownPeriods.set(key, periodId);
  return 'open';
}

/** `flooded`: an agent would have more requests waiting for a human than it may, and nothing was done. */
function decideUnderLocks(batch: Batch, context: BatchContext): Promise<Attempt | 'flooded'> {
  return context.writer.transaction<Attempt | 'flooded'>(async (tx) => {
    const locked = await loadFacts(tx, batch.keys);
    if (locked.configurationVersion !== batch.configuration.version) return { result: 'stale' };
    const facts = await completeFacts(tx, batch.keys, locked);
    const held = await countAhead(tx, batch, context);
    const decided = decide(batch, { ...facts, held }, tx, context);
    if (decided === 'stale') return { result: 'stale' };
    if (await isFlooded(batch, decided, context)) return { result: 'flooded' };
    return outcomeOf(decided, locked, context);
  });
}

/** While the database takes the locks. `missed`: they held something else, and nothing was done. */
function decideAhead(
  batch: Batch,
  expected: BatchFacts,
  context: BatchContext,
): Promise<Attempt | 'missed' | 'flooded'> {
  return context.writer.transaction<Attempt | 'missed' | 'flooded'>(async (tx) => {
    const locking = loadFacts(tx, batch.keys);
    locking.catch(() => undefined); // awaited below, unless deciding fails first
    tx.flush();
    const decided = decide(batch, { ...expected, held: NONE_COUNTED }, tx, context);
    const locked = await locking;
    if (decided === 'stale') return { result: 'stale' };
    const isSame = context.foresight.confirm(expected, locked, { ...decided, nowMs: context.now() });
    if (!isSame) return { result: 'missed' };
    if (await isFlooded(batch, decided, context)) return { result: 'flooded' };
    return outcomeOf(decided, locked, context);
  });
}

const NONE_COUNTED: ReadonlyMap<string, number> = new Map();

/** Requests of one agent that may wait for a human; null: any number. */
function pendingMax({ configuration }: Batch, { settings }: BatchContext): number | null {
  return approvalLimitsOf(configuration, settings).pendingMax;
}

/** Held requests of the batch's agents, where one of them was at its limit lately. */
async function countAhead(
  tx: Transaction,
  batch: Batch,
  context: BatchContext,
): Promise<ReadonlyMap<string, number>> {
  const { holds } = context;
  const limit = pendingMax(batch, context);
  const agentIds = holds.agentsToCount(batch.slots, limit);
  if (limit === null || agentIds.length === 0) return NONE_COUNTED;
  const counts = await countHeld(tx, agentIds, limit);
  holds.learn(counts, limit);
  return counts;
}

/** What the batch holds is more than its agents may have waiting. */
async function isFlooded(
  batch: Batch,
  { working, counting }: Decided,
  context: BatchContext,
): Promise<boolean> {
  if (counting === null) return false; // nothing is held, or any number may be
  const { holds } = context;
  const limit = pendingMax(batch, context);
  if (limit === null) return false;
  const agentIds = flooded(working, await counting, limit);
  holds.isNear(agentIds);
  return agentIds.length > 0;
}

interface Decided {
  readonly results: readonly SlotResult[];
  readonly working: WorkingSet;
  readonly sealed: SealedBatch | null;
  readonly decidedAtMs: number;
  /** Under their locks, the held requests of agents of which it holds more; null: none to be counted. */
  readonly counting: Promise<ReadonlyMap<string, number>> | null;
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
function decide(
  batch: Batch,
  facts: BatchFacts & { readonly held: ReadonlyMap<string, number> },
  tx: Transaction,
  context: BatchContext,
): 'stale' | Decided {
  const { slots, configuration, creditPeriod } = batch;
  const nowMs = context.now();
  // Rolled back as a whole: an idempotency key must not be claimed for something that is decided later.
  if (slots.some((slot) => 'kind' in slot && !bindsStill(slot, slot.atMs ?? nowMs))) return 'stale';
  const working = workingSetOf(facts);
  for (const [agentId, count] of facts.held) working.heldCounts.set(agentId, count);
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
  const counting = countNewHolds(working, pendingMax(batch, context), tx);
  const sealed = write(working, tx, context, nowMs);
  const results = outcomes.map((outcome) => sealedResult(outcome, sealed));
  return { results, working, sealed, decidedAtMs: nowMs, counting };
}

/** Asked for ahead of what the batch writes, so that its own rows are not among them. */
function countNewHolds(
  { newHolds, heldCounts }: WorkingSet,
  limit: number | null,
  tx: Transaction,
): Decided['counting'] {
  if (newHolds.size === 0) return null;
  const agentIds = [...newHolds.keys()].filter((agentId) => !heldCounts.has(agentId));
  if (limit === null || agentIds.length === 0) return null;
  const counting = countHeld(tx, agentIds, limit);
  counting.catch(() => undefined); // awaited before the commit, unless something fails first
  return counting;
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
