// admin/apply-change.ts: what every change of the configuration shares: idempotency, the rows' entry ids, the
// difference in the record, texts kept out of it, and change control: every change passes here, so under `four_eyes`
// every change is a draft first (review-change.ts). Rests on change-configuration.ts for lock, log and version.
// INVARIANT: a change that alters nothing writes no entry; every other one writes exactly those it records.
import type { Pool, QueryResultRow } from 'pg';

import type { Statement } from '../db/statement.ts';
import type { Transaction } from '../db/writer.ts';
import { findChangeResponse, type ChangeResponseRow } from '../ledger/find-change-response.ts';
import { findConfigurationTexts } from '../ledger/find-configuration-texts.ts';
import { insertChangeResponse } from '../ledger/insert-change-response.ts';
import type { ConfigurationChangeRow } from '../ledger/insert-configuration-change.ts';
import { insertConfigurationTexts, type ConfigurationTextRow } from '../ledger/insert-configuration-texts.ts';
import { markSavepoint, markSavepointReturn } from '../ledger/mark-savepoint.ts';
import { callerId, type PrincipalCaller, type SystemCaller } from '../record/caller.ts';
import { raiseAlert } from '../record/raise-alert.ts';
import type { EntryDraft, Json } from '../record/recorder.ts';
import { AdminError } from './admin-error.ts';
import { changeConfiguration, type ChangeContext } from './change-configuration.ts';
import { type ChangeControl, PendingReview } from './change-control.ts';
import { type ChangeView, changeView } from './change-view.ts';
import { describeDifference, type Snapshot } from './personal-text.ts';
import { emergencyAlert } from './emergency-alert.ts';
import { concludeReview, foundChange, planReview, reviewDetail, type ReviewPlan } from './review-change.ts';

export interface AdminContext extends ChangeContext {
  /** For reads. */
  readonly pool: Pool;
}

/** Whoever may change the configuration: people and services with the role for it, and the gateway itself. */
export type Actor = PrincipalCaller | SystemCaller;

export interface ChangeOptions {
  readonly idempotency?: { readonly key: string; readonly bodyHash: Buffer } | undefined;
  /** Called before a result that repeats an earlier answer is returned. */
  readonly onReplay?: (() => void) | undefined;
  /** How it may take effect; under `four_eyes` no principal's change is made without it. */
  readonly control?: ChangeControl | undefined;
  /** Called when it was made as an emergency, with the id under which it is to be reviewed. */
  readonly onEmergency?: ((changeId: string) => void) | undefined;
}

export interface ChangeRequest {
  readonly actor: Actor;
  /** With the ids in its path, so that one key cannot be taken for another resource: `keys.create/agent_1`. */
  readonly operation: string;
  readonly options: ChangeOptions | undefined;
  readonly entryCountMax?: number;
  /** The result has a secret that is shown once: it is not kept for replays. */
  readonly holdsSecret?: boolean;
}

export interface ChangeRecord {
  readonly type: string;
  readonly subjectId: string;
  /** null: it did not exist before. */
  readonly before: Snapshot | null;
  readonly after: Snapshot;
  /** What else the record must say; no free text. */
  readonly detail?: Readonly<Record<string, Json>>;
  /** For whoever reviews it: whole documents of which the snapshots hold only the digest. Not logged. */
  readonly documents?: { readonly before: unknown; readonly after: unknown };
  /** The body that, sent to the same operation, brings back what was before: an emergency can be rolled back with it. */
  readonly undo?: unknown;
}

/** One change under way. */
export interface ChangeStep {
  readonly tx: Transaction;
  readonly at: Date;
  /** The id of the entry that `record` writes next, for the rows it is about. */
  readonly entryId: bigint;
  record(change: ChangeRecord): Promise<void>;
  /** This one only stops something, or concerns the caller alone: it waits for nobody. */
  actAtOnce(): void;
}

/**
 * `change` returns what the caller is answered: plain JSON data, so that it can be replayed.
 * @throws PendingReview where it waits for a second person: it has been tried out, entered as a draft and undone.
 */
export async function applyChange<T>(
  context: AdminContext,
  request: ChangeRequest,
  change: (step: ChangeStep) => Promise<T>,
): Promise<T> {
  const { actor, operation, options, entryCountMax = 1, holdsSecret = false } = request;
  const claim = claimOf(request);
  // Change control adds one entry to those of the change.
  const countMax = options?.control === undefined ? entryCountMax : entryCountMax + 1;
  const { result } = await changeConfiguration(context, countMax, async (tx, entryIds, nowMs) => {
    if (claim !== null) {
      const stored = await firstRow<ChangeResponseRow>(tx, findChangeResponse(claim));
      if (stored !== null) {
        const answer = await replayOf<T>(tx, { stored, bodyHash: claim.bodyHash, nowMs });
        return { result: { replayed: true, ...answer }, entries: [] };
      }
    }
    const at = new Date(nowMs);
    const plan = await planReview(tx, { actor, control: options?.control, at });
    const work = new ChangeUnderWay({ tx, at, actor, operation, entryIds, plan });
    const answer = await work.run(change);
    if (claim !== null) {
      const resourceId = work.drafts[0]?.subjectId ?? operation;
      const isSecret = holdsSecret && answer.pending === undefined;
      const response = isSecret ? null : storedAnswer(answer);
      await tx.query(insertChangeResponse({ ...claim, resourceId, response, at }));
    }
    return { result: { replayed: false, ...answer }, entries: work.drafts };
  });
  if (result.replayed) options?.onReplay?.();
  if (result.pending !== undefined) throw new PendingReview(result.pending);
  if (result.emergency !== undefined) {
    options?.onEmergency?.(result.emergency.change_id);
    // The change stands whether or not this works: the job that watches for reviews raises what is missing.
    await raiseAlert(context, emergencyAlert(result.emergency)).catch(() => undefined);
  }
  return result.value;
}

/** What the caller gets: the change's result, or the draft that it became. */
type ChangeAnswer<T> =
  | {
      readonly value: T;
      readonly pending?: undefined;
      /** As what it was made at once, to be reviewed afterwards. */
      readonly emergency?: ConfigurationChangeRow | undefined;
    }
  | { readonly value?: undefined; readonly pending: ChangeView; readonly emergency?: undefined };

class ChangeUnderWay implements ChangeStep {
  readonly tx: Transaction;
  readonly at: Date;
  readonly drafts: EntryDraft[] = [];
  readonly #actor: Actor;
  readonly #operation: string;
  readonly #entryIds: readonly bigint[];
  readonly #plan: ReviewPlan;
  #made: ChangeRecord[] = [];
  #actsAtOnce = false;

  constructor(parts: {
    readonly tx: Transaction;
    readonly at: Date;
    readonly actor: Actor;
    readonly operation: string;
    readonly entryIds: readonly bigint[];
    readonly plan: ReviewPlan;
  }) {
    this.tx = parts.tx;
    this.at = parts.at;
    this.#actor = parts.actor;
    this.#operation = parts.operation;
    this.#entryIds = parts.entryIds;
    this.#plan = parts.plan;
  }

  get entryId(): bigint {
    const entryId = this.#entryIds[this.drafts.length];
    if (entryId === undefined) throw new Error(`${this.#operation} records more entries than it asked for`);
    return entryId;
  }

  async record(made: ChangeRecord): Promise<void> {
    this.#made.push(made);
    this.drafts.push(await this.#draftOf(made, reviewDetail(this.#plan)));
  }

  actAtOnce(): void {
    this.#actsAtOnce = true;
  }

  async run<T>(change: (step: ChangeStep) => Promise<T>): Promise<ChangeAnswer<T>> {
    const isTriedOut = this.#plan.kind === 'propose';
    if (isTriedOut) await this.tx.query(markSavepoint());
    const value = await change(this);
    const isReviewed = this.#plan.kind === 'approve' || this.#plan.kind === 'roll_back';
    if (this.#actsAtOnce && !isReviewed) return { value };
    if (this.#made.length === 0 && !isReviewed) return { value };
    if (isTriedOut) {
      await this.tx.query(markSavepointReturn());
      this.drafts.length = 0;
    }
    const recorder = new ReviewRecorder(this);
    const row = await concludeReview(recorder, this.#plan, this.#made);
    if (isTriedOut && row !== null) return { pending: changeView(row, this.at.getTime()) };
    return { value, emergency: this.#plan.kind === 'emergency' && row !== null ? row : undefined };
  }

  /** An entry about the review itself, made by whoever reviews. */
  async recordReview(made: ChangeRecord): Promise<void> {
    this.drafts.push(await this.#draftOf(made, {}, this.#reviewer()));
  }

  #reviewer(): Actor {
    const plan = this.#plan;
    return plan.kind === 'approve' || plan.kind === 'roll_back' ? plan.reviewer : this.#actor;
  }

  async #draftOf(
    { type, subjectId, before, after, detail }: ChangeRecord,
    review: Readonly<Record<string, Json>>,
    actor = this.#actor,
  ): Promise<EntryDraft> {
    const { tx, entryId } = this;
    const kind = type.slice(0, type.indexOf('.'));
    const stored =
      before === null ? [] : (await tx.query<ConfigurationTextRow>(findConfigurationTexts(subjectId))).rows;
    const { changes, texts } = describeDifference(kind, before, after, stored);
    if (texts.length > 0) {
      const rows = texts.map((text) => ({ ...text, entry_id: entryId, subject_id: subjectId }));
      await tx.query(insertConfigurationTexts(rows));
    }
    return { type, subjectId, actor, body: { ...detail, ...review, changes } };
  }
}

/** A step whose entries are about the review, not part of what is reviewed. */
class ReviewRecorder implements ChangeStep {
  readonly #work: ChangeUnderWay;

  constructor(work: ChangeUnderWay) {
    this.#work = work;
  }

  get tx(): Transaction {
    return this.#work.tx;
  }

  get at(): Date {
    return this.#work.at;
  }

  get entryId(): bigint {
    return this.#work.entryId;
  }

  record(made: ChangeRecord): Promise<void> {
    return this.#work.recordReview(made);
  }

  actAtOnce(): void {
    throw new Error('a review is no change that could act at once');
  }
}

/** The first row of one statement inside a change, or null. */
export async function firstRow<Row extends QueryResultRow>(
  tx: Transaction,
  statement: Statement,
): Promise<Row | null> {
  return (await tx.query<Row>(statement)).rows[0] ?? null;
}

/** Rows for an answer, outside any change. */
export async function readRows<Row extends QueryResultRow>(pool: Pool, statement: Statement): Promise<Row[]> {
  const { name, text, values } = statement;
  return (await pool.query<Row>({ name, text, values: [...values] })).rows;
}

interface Claim {
  readonly scope: string;
  readonly operation: string;
  readonly key: string;
  readonly bodyHash: Buffer;
}

/** Whose key it is: an approval sends the author's request again, with the key of whoever approves. */
function claimOf({ actor, operation, options }: ChangeRequest): Claim | null {
  const { idempotency, control } = options ?? {};
  if (idempotency === undefined) return null;
  const { key, bodyHash } = idempotency;
  if (control?.kind === 'approving' || control?.kind === 'rolling_back') {
    const scope = callerId(control.reviewer);
    return { scope, operation: `changes.${control.kind}/${control.changeId}`, key, bodyHash };
  }
  return { scope: callerId(actor), operation, key, bodyHash };
}

/** A draft's answer is told from a result by this name, which no result has. Its content stays where it can be erased. */
const PENDING = '$pending_review';

function storedAnswer(answer: ChangeAnswer<unknown>): unknown {
  return answer.pending === undefined ? answer.value : { [PENDING]: answer.pending.changeId };
}

async function replayOf<T>(
  tx: Transaction,
  { stored, bodyHash, nowMs }: { stored: ChangeResponseRow; bodyHash: Buffer; nowMs: number },
): Promise<ChangeAnswer<T>> {
  if (!stored.body_hash.equals(bodyHash)) {
    throw new AdminError('idempotency_key_reused', 'this idempotency key was used with another body');
  }
  const { response } = stored;
  if (response === null) {
    throw new AdminError(
      'secret_already_shown',
      `\`${stored.resource_id}\` was created by this request before, and its secret is shown once`,
    );
  }
  if (typeof response === 'object' && Object.hasOwn(response, PENDING)) {
    return {
      pending: changeView(await foundChange(tx, String(Reflect.get(response, PENDING))), nowMs),
    };
  }
  return { value: response as T }; // stored by this operation
}
