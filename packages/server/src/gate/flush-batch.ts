// gate/flush-batch.ts: takes one batch from what was asked to what is answered: prepares its commands, has them decided and
// written in one transaction (attempt-batch.ts), and makes the answers.
// Must not retry on its own but for a configuration that changed meanwhile, and must not know about HTTP.
import type { Statement } from '../db/statement.ts';
import type { Writer } from '../db/writer.ts';
import { lockConfigurationHold, lockConfigurationRelease } from '../ledger/lock-configuration.ts';
import { type Slot, type SlotResult, attemptBatch, bindsStill } from './attempt-batch.ts';
import { endingFingerprint } from './batch-keys.ts';
import type { GateAnswer, GateCommand, GateRequest, PrivateText } from './command.ts';
import type { Configuration } from './configuration.ts';
import { findPurchases } from './find-purchases.ts';
import type { FlushContext } from './flush-context.ts';
import {
  type PreparedOpening,
  type Refusal,
  prepareOpening,
  prepareStep,
  refusal,
} from './prepare-command.ts';
import { type Replay, replayOf } from './replay-answer.ts';

export interface FlushResult {
  /** One per request, in order; undefined for those in `retry` and in `failures`. */
  readonly answers: readonly (GateAnswer | undefined)[];
  /** Requests whose purchase changed between the look and the lock: to be decided with the next batch. */
  readonly retry: readonly number[];
  /** Requests whose earlier answer could not be read again. The batch itself has committed. */
  readonly failures: ReadonlyMap<number, unknown>;
  /** Request -> purchases that were approved before it and are decided again before it is answered. */
  readonly siblings: ReadonlyMap<number, readonly string[]>;
}

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
  if (!isOpening(command)) return { request, early: null };
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

async function prepare(
  batch: readonly Arrival[],
  configuration: Configuration,
  context: FlushContext,
): Promise<Slot[]> {
  const nowMs = context.now();
  const steps = batch.filter(({ request }) => !isOpening(request.command)).map(({ request }) => request);
  const purchases = steps.length === 0 ? null : await findPurchases(steps, context.pool);
  return batch.map(({ request, early }) => {
    const { command } = request;
    if (isOpening(command)) {
      if (early?.configuration === configuration && bindsStill(early.slot, request.atMs ?? nowMs))
        return early.slot;
      return prepareOpening({ ...request, command }, configuration, context.entropy, nowMs);
    }
    const purchase = purchases?.(command) ?? null;
    if (purchase === null)
      return refusal(NOT_FOUND[command.kind] ?? 'request_not_found', 'There is no such thing.');
    return prepareStep({ ...request, command }, purchase, configuration, nowMs);
  });
}

function isOpening(command: GateCommand): command is PreparedOpening['command'] {
  return command.kind === 'request' || command.kind === 'check';
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

async function answersOf(slots: readonly SlotResult[], context: FlushContext): Promise<FlushResult> {
  const answers: (GateAnswer | undefined)[] = [];
  const retry: number[] = [];
  const failures = new Map<number, unknown>();
  const siblings = new Map<number, readonly string[]>();
  const replays: Promise<void>[] = [];
  for (const [index, slot] of slots.entries()) {
    if (slot.kind === 'refused') answers[index] = slot.refusal;
    else if (slot.kind === 'retry') retry.push(index);
    else if (slot.kind === 'done') {
      answers[index] = answerOf(slot);
      const found = slot.performed.siblings;
      if (found !== undefined && found.length > 0) siblings.set(index, found);
    } else replays.push(replayInto({ answers, failures }, index, slot.replay, context));
  }
  await Promise.all(replays);
  return { answers, retry, failures, siblings };
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
