// gate/flush-batch.ts: decides one batch and makes it durable, in one transaction.
// Must not retry on its own but for a configuration that changed meanwhile, and must not know about HTTP.
// INVARIANT: locks first, then facts, then decisions in the order of arrival, then everything is written together.
import type { Statement } from '../db/statement.ts';
import type { Writer } from '../db/writer.ts';
import { lockConfigurationHold, lockConfigurationRelease } from '../ledger/lock-configuration.ts';
import { recordEntries } from '../ledger/record-entries.ts';
import type { SealedBatch } from '../record/recorder.ts';
import type { GateAnswer, GateRequest, PrivateText } from './command.ts';
import type { Configuration } from './configuration.ts';
import { findPurchases } from './find-purchases.ts';
import { type BatchFacts, loadFacts } from './load-facts.ts';
import { openPeriods } from './open-periods.ts';
import type { FlushContext } from './flush-context.ts';
import type { PerformContext, Performed } from './perform-context.ts';
import { performCheck, performRequest } from './perform-opening.ts';
import { performStep } from './perform-step.ts';
import {
  type Prepared,
  type PreparedOpening,
  type Refusal,
  prepareOpening,
  prepareStep,
  refusal,
} from './prepare-command.ts';
import { creditPeriodsOf } from './credit-periods.ts';
import { type Replay, replayOf } from './replay-answer.ts';
import { type OpeningClaims, claimsOf, replayFor, sortedClaims } from './opening-keys.ts';
import { StepKeys } from './step-keys.ts';
import { type PeriodKey, fingerprintOf } from './resolve-action.ts';
import { writeState } from './write-state.ts';

export interface FlushResult {
  /** One per request, in order; undefined for those in `retry` and in `failures`. */
  readonly answers: readonly (GateAnswer | undefined)[];
  /** Requests whose purchase changed between the look and the lock: to be decided with the next batch. */
  readonly retry: readonly number[];
  /** Requests whose earlier answer could not be read again. The batch itself has committed. */
  readonly failures: ReadonlyMap<number, unknown>;
}

type Slot = Prepared | Refusal;

/** A batch needs transactions; whose turn they are in is not its business. */
type BatchContext = Omit<FlushContext, 'writer'> & { readonly writer: Pick<Writer, 'transaction'> };

const KNOWN_PERIODS_MAX = 50_000;

/** `stale`: the configuration changed before the lock was held, so the batch must be prepared again. */
type Attempt = 'stale' | { readonly slots: readonly SlotResult[] };

type SlotResult =
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'retry' }
  | { readonly kind: 'replay'; readonly replay: Replay }
  | {
      readonly kind: 'done';
      readonly performed: Performed;
      readonly sealed: SealedBatch;
      readonly privateText: unknown;
    };

/** A request with what was already found out about it when it came in. */
export interface Arrival {
  readonly request: GateRequest;
  readonly early: { readonly configuration: Configuration; readonly slot: PreparedOpening | Refusal } | null;
}

/**
 * Prepares a new purchase or check as it comes in, while an earlier batch is still being written. It is prepared again
 * if the configuration is another one by the time its batch is decided.
 */
export function prepareEarly(request: GateRequest, context: FlushContext): Arrival {
  const { command } = request;
  if (command.kind !== 'request' && command.kind !== 'check') return { request, early: null };
  const configuration = context.configuration.current;
  const slot = prepareOpening({ ...request, command }, configuration, context.entropy, context.now());
  return { request, early: { configuration, slot } };
}

export async function flushBatch(batch: readonly Arrival[], context: FlushContext): Promise<FlushResult> {
  const results = (await decideOnce(batch, context, context.writer)) ?? (await decideInTurn(batch, context));
  return answersOf(results, context);
}

/** null: the configuration changed before its lock was held, so the batch must be prepared again. */
async function decideOnce(
  batch: readonly Arrival[],
  context: FlushContext,
  writer: Pick<Writer, 'transaction'>,
): Promise<SlotResult[] | null> {
  const configuration = context.configuration.current;
  const slots = await prepare(batch, configuration, context);
  const later = waitingForEnds(slots);
  const attempt = await attemptBatch(
    slots.filter((slot) => !later.has(slot)),
    configuration,
    { ...context, writer },
  );
  if (attempt === 'stale') return null;
  const results = attempt.slots.values();
  return slots.map((slot) => (later.has(slot) ? RETRY : (results.next().value ?? RETRY)));
}

/**
 * With the newest configuration, held still between the look and the lock: whoever publishes all the time, here or in
 * another gateway, must not keep decisions from being made.
 */
function decideInTurn(batch: readonly Arrival[], context: FlushContext): Promise<SlotResult[]> {
  return context.writer.turn(async (writer) => {
    const run = (statement: Statement): Promise<undefined> =>
      writer.transaction(async (tx) => {
        await tx.query(statement);
        return { result: undefined };
      });
    for (;;) {
      await run(lockConfigurationHold());
      try {
        await context.configuration.load();
        const results = await decideOnce(batch, context, writer);
        if (results !== null) return results;
      } finally {
        // Fails only with its connection, and the lock goes with that: what the batch did stands either way.
        await run(lockConfigurationRelease()).catch(() => undefined);
      }
    }
  });
}

const RETRY = { kind: 'retry' } as const;

/**
 * Openings whose duplicate may come to its end in this very batch: they are decided with the next one, when what became
 * of it can be read.
 */
function waitingForEnds(slots: readonly Slot[]): ReadonlySet<Slot> {
  const ending = new Set(slots.flatMap((slot) => endingFingerprint(slot) ?? []));
  if (ending.size === 0) return new Set();
  const waits = (slot: Slot): boolean =>
    'kind' in slot && slot.kind !== 'step' && slot.resolved.guardsDuplicates && ending.has(slot.fingerprint);
  return new Set(slots.filter(waits));
}

/** The duplicate key of a purchase that this step may end: locked, so that a duplicate is decided before it or after. */
function endingFingerprint(slot: Slot): bigint | null {
  if (!('kind' in slot) || slot.kind !== 'step' || slot.resolved?.guardsDuplicates !== true) return null;
  return ENDING.has(slot.command.kind) ? fingerprintOf(slot.action) : null;
}

const ENDING: ReadonlySet<string> = new Set([
  'sign',
  'reject',
  'cancel',
  'expire',
  'authorize',
  'force_post',
]);

async function prepare(
  batch: readonly Arrival[],
  configuration: Configuration,
  context: FlushContext,
): Promise<Slot[]> {
  const nowMs = context.now();
  const purchases = await findPurchases(
    batch.map((arrival) => arrival.request),
    context.pool,
  );
  return batch.map(({ request, early }) => {
    const { command } = request;
    if (command.kind === 'request' || command.kind === 'check') {
      if (early?.configuration === configuration && bindsStill(early.slot, request.atMs ?? nowMs))
        return early.slot;
      return prepareOpening({ ...request, command }, configuration, context.entropy, nowMs);
    }
    const purchase = purchases(command);
    if (purchase === null)
      return refusal(NOT_FOUND[command.kind] ?? 'request_not_found', 'There is no such thing.');
    return prepareStep({ ...request, command }, purchase, configuration, nowMs);
  });
}

/** No budget period has ended since it was prepared. */
function bindsStill(slot: Slot, atMs: number): boolean {
  if (!('periods' in slot)) return true;
  return slot.periods.every((period) => period.endsAtMs === null || atMs < period.endsAtMs);
}

const NOT_FOUND: Readonly<Record<string, string>> = {
  sign: 'approval_not_found',
  reject: 'approval_not_found',
  reveal: 'card_not_found',
  authorize: 'card_not_found',
  force_post: 'card_not_found',
  capture: 'authorization_not_found',
  reverse: 'authorization_not_found',
  refund: 'authorization_not_found',
};

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

async function attemptBatch(
  slots: readonly Slot[],
  configuration: Configuration,
  context: BatchContext,
): Promise<Attempt> {
  if ((await openMissing(slots, configuration, context)) === 'stale') return 'stale';
  const claims = claimsOf(slots);
  const credits = await creditPeriodsOf(slots, configuration, context);
  if (credits === 'stale') return 'stale';
  const periodIds = periodIdsOf(slots, credits.periodIds, context);
  return context.writer.transaction<Attempt>(async (tx) => {
    const facts = await loadFacts(
      tx,
      {
        claims: sortedClaims(claims),
        fingerprints: fingerprintsOf(slots),
        periodIds,
        steps: slots.filter((slot) => 'kind' in slot && slot.kind === 'step'),
        entryCountMax: entryCountOf(slots),
      },
      context.now(),
    );
    if (facts.configurationVersion !== configuration.version) return { result: 'stale' };
    const nowMs = context.now();
    // Rolled back as a whole: an idempotency key must not be claimed for something that is decided later.
    if (slots.some((slot) => 'kind' in slot && !bindsStill(slot, slot.atMs ?? nowMs)))
      return { result: 'stale' };
    const locked = new Set(periodIds);
    const performContext: PerformContext = {
      configuration,
      settings: context.settings,
      checkoutFor: context.checkoutFor,
      entropy: context.entropy,
      working: facts.working,
      periodIds: context.knownPeriods,
      creditPeriod: credits.creditPeriod,
    };
    const stepKeys = new StepKeys(facts.stepHolders);
    const results = slots.map((slot) =>
      performSlot(slot, facts, { claims, stepKeys, locked }, performContext, nowMs),
    );
    const { working } = facts;
    if (working.drafts.length === 0) return { result: { slots: results.map((result) => undone(result)) } };
    const entryIds: bigint[] = [];
    for (let index = 0; index < working.drafts.length; index += 1) entryIds.push(working.entryIdAt(index));
    // The state goes out first: the database writes it while this process hashes and signs the log entries.
    for (const statement of writeState(working, nowMs)) void tx.query(statement);
    tx.flush();
    const sealed = context.recorder.seal(entryIds, working.drafts, nowMs);
    void tx.query(recordEntries(sealed));
    return {
      result: {
        slots: results.map((result) =>
          result.kind === 'performed' ? { ...result, kind: 'done' as const, sealed } : result,
        ),
      },
      commit: { ...sealed, transactionId: facts.transactionId },
    };
  });
}

type SlotOutcome =
  | Exclude<SlotResult, { kind: 'done' }>
  | { readonly kind: 'performed'; readonly performed: Performed; readonly privateText: unknown };

function undone(result: SlotOutcome): SlotResult {
  if (result.kind === 'performed') throw new Error('a performed command writes at least one entry');
  return result;
}

function performSlot(
  slot: Slot,
  facts: BatchFacts,
  {
    claims,
    stepKeys,
    locked,
  }: { readonly claims: OpeningClaims; readonly stepKeys: StepKeys; readonly locked: ReadonlySet<bigint> },
  context: PerformContext,
  nowMs: number,
): SlotOutcome {
  if (!('kind' in slot)) return { kind: 'refused', refusal: slot };
  const atMs = slot.atMs ?? nowMs;
  if (slot.kind === 'step') {
    const earlier = stepKeys.find(slot);
    if (earlier !== null) return earlier;
    const current = facts.working.purchase(slot.requestId);
    if (current?.state.reservedPeriods.some((periodId) => !locked.has(periodId)) === true)
      return { kind: 'retry' };
    const performed = performStep(slot, context, atMs);
    if (!performed.ok) return { kind: 'refused', refusal: performed };
    stepKeys.keep(slot, performed, facts.working);
    return { kind: 'performed', performed, privateText: facts.privateTexts.get(slot.requestId) };
  }
  const replay = replayFor(slot, facts, claims);
  if (replay !== null) return replay;
  const performed =
    slot.kind === 'request' ? performRequest(slot, context, atMs) : performCheck(slot, context, atMs);
  return { kind: 'performed', performed, privateText: slot.privateText };
}

/** The most entries these commands can write: a clearing or a reversal may also close the purchase. */
function entryCountOf(slots: readonly Slot[]): number {
  let count = 1;
  for (const slot of slots) {
    if ('kind' in slot) count += slot.kind === 'step' && MAY_CLOSE.has(slot.command.kind) ? 2 : 1;
  }
  return count;
}

const MAY_CLOSE: ReadonlySet<string> = new Set(['capture', 'force_post', 'reverse']);

function fingerprintsOf(slots: readonly Slot[]): bigint[] {
  const fingerprints = new Set<bigint>();
  for (const slot of slots) {
    if ('kind' in slot && slot.kind !== 'step' && slot.resolved.guardsDuplicates)
      fingerprints.add(slot.fingerprint);
    const ending = endingFingerprint(slot);
    if (ending !== null) fingerprints.add(ending);
  }
  return [...fingerprints].sort((a, b) => (a < b ? -1 : 1));
}

function periodIdsOf(slots: readonly Slot[], credits: readonly bigint[], context: BatchContext): bigint[] {
  const periodIds = new Set<bigint>(credits);
  for (const slot of slots) {
    if (!('kind' in slot)) continue;
    for (const period of slot.periods) {
      const periodId = context.knownPeriods.get(period.key);
      if (periodId !== undefined) periodIds.add(periodId);
    }
    if (slot.kind === 'step') for (const periodId of slot.reservedPeriods) periodIds.add(periodId);
  }
  return [...periodIds];
}

async function answersOf(slots: readonly SlotResult[], context: FlushContext): Promise<FlushResult> {
  const answers: (GateAnswer | undefined)[] = [];
  const retry: number[] = [];
  const failures = new Map<number, unknown>();
  const replays: Promise<void>[] = [];
  for (const [index, slot] of slots.entries()) {
    if (slot.kind === 'refused') answers[index] = slot.refusal;
    else if (slot.kind === 'retry') retry.push(index);
    else if (slot.kind === 'done') answers[index] = answerOf(slot);
    else replays.push(replayInto({ answers, failures }, index, slot.replay, context));
  }
  await Promise.all(replays);
  return { answers, retry, failures };
}

/** INVARIANT: whatever fails here fails one caller, as what the batch did stands. */
async function replayInto(
  { answers, failures }: { answers: (GateAnswer | undefined)[]; failures: Map<number, unknown> },
  index: number,
  replay: Replay,
  context: FlushContext,
): Promise<void> {
  try {
    answers[index] = await replayOf(replay, context.pool, context.log);
  } catch (error) {
    failures.set(index, error);
  }
}

function answerOf({ performed, sealed, privateText }: Extract<SlotResult, { kind: 'done' }>): GateAnswer {
  const entry = sealed.entries[performed.draftIndex];
  if (entry === undefined) throw new Error('a performed command has its entry');
  return {
    ok: true,
    entry,
    replayed: false,
    purchase: performed.state,
    privateText: privateText as (PrivateText & { salt: string }) | null, // written by performRequest only
    createdId: performed.createdId,
    findings: performed.decision?.findings ?? null,
  };
}
