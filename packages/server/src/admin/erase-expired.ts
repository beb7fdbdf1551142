// admin/erase-expired.ts: erases text whose time is over: of purchases that have ended, of configuration that was replaced, of
// changes that were reviewed. In pieces, each a change of its own, so that no decision waits long for it.
import { firstIdAt } from '../ids.ts';
import { eraseChangeResponses } from '../ledger/erase-change-responses.ts';
import { eraseChanges } from '../ledger/erase-changes.ts';
import { eraseConfigurationTexts } from '../ledger/erase-configuration-texts.ts';
import { findRetainedChanges, type RetainedChangeRow } from '../ledger/find-retained-changes.ts';
import { findRetainedPurchases, type RetainedPurchaseRow } from '../ledger/find-retained-purchases.ts';
import { findRetainedTexts, type RetainedTextRow } from '../ledger/find-retained-texts.ts';
import {
  type InstallationSettingsRow,
  readInstallationSettings,
} from '../ledger/read-installation-settings.ts';
import { type AdminContext, applyChange, type ChangeStep, firstRow } from './apply-change.ts';
import { erasePurchases, recordErasure } from './erase-texts.ts';
import { holdsPurchase, holdsSomeSubject, holdsSubject, type LegalHoldScope } from './legal-hold-scope.ts';
import { activeHolds, scopeOf } from './legal-holds.ts';
import { cutoffsOf, isEnded } from './retention-time.ts';
import { type RetentionKind, settingOf } from './setting-fields.ts';

const ERASER = { kind: 'system', name: 'erase-expired-texts' } as const;
/** Its entry names each of them. */
const PIECE_MAX = 500;

interface Rules {
  readonly cutoffs: Readonly<Record<RetentionKind, Date>>;
  readonly holds: readonly LegalHoldScope[];
}

/** One piece: how many it erased, and from where to go on. */
interface Piece<Cursor> {
  readonly erased: number;
  /** null: there is no more. */
  readonly next: Cursor | null;
}

export async function eraseExpired(context: AdminContext, signal?: AbortSignal): Promise<number> {
  const purchases = await inPieces(context, { name: 'purchases', from: '', signal }, purchasePiece);
  const from = { entryId: -1n, field: '' };
  const texts = await inPieces(context, { name: 'configuration', from, signal }, configurationPiece);
  const changes = await inPieces(context, { name: 'changes', from: '', signal }, changePiece);
  return purchases + texts + changes;
}

async function inPieces<Cursor>(
  context: AdminContext,
  { name, from, signal }: { name: string; from: Cursor; signal: AbortSignal | undefined },
  piece: (step: ChangeStep, rules: Rules, after: Cursor) => Promise<Piece<Cursor>>,
): Promise<number> {
  let [erased, after]: [number, Cursor | null] = [0, from];
  while (after !== null && signal?.aborted !== true) {
    const start: Cursor = after;
    const request = { actor: ERASER, operation: `retention.${name}`, options: undefined };
    const done: Piece<Cursor> = await applyChange(context, request, async (step) =>
      piece(step, await rulesOf(step), start),
    );
    erased += done.erased;
    after = done.next;
  }
  return erased;
}

async function rulesOf(step: ChangeStep): Promise<Rules> {
  const row = await firstRow<InstallationSettingsRow>(step.tx, readInstallationSettings());
  const months = settingOf(row?.settings ?? {}, 'retention_months');
  const holds = (await activeHolds(step)).map(scopeOf);
  return { cutoffs: cutoffsOf(months, step.at.getTime()), holds };
}

async function purchasePiece(
  step: ChangeStep,
  { cutoffs, holds }: Rules,
  after: string,
): Promise<Piece<string>> {
  const before = firstIdAt('preq', cutoffs.purchase.getTime());
  const statement = findRetainedPurchases({ after, before, limit: PIECE_MAX, withTextOnly: true });
  const { rows } = await step.tx.query<RetainedPurchaseRow>(statement);
  const free = rows.filter((row) => isEnded(row) && !holds.some((scope) => holdsPurchase(scope, row)));
  const subjectIds = free.map((row) => row.request_id);
  if (subjectIds.length > 0) {
    await erasePurchases(step, subjectIds);
    await recordErasure(step, { kind: 'purchase', cause: 'retention', subjectIds, reason: null });
  }
  return { erased: free.length, next: nextOf(rows, (row) => row.request_id) };
}

async function configurationPiece(
  step: ChangeStep,
  { cutoffs, holds }: Rules,
  after: { entryId: bigint; field: string },
): Promise<Piece<{ entryId: bigint; field: string }>> {
  const before = cutoffs.configuration;
  const statement = findRetainedTexts({ before, after, limit: PIECE_MAX });
  const { rows } = await step.tx.query<RetainedTextRow>(statement);
  const free = rows.filter((row) => !holds.some((scope) => holdsSubject(scope, row.subject_id)));
  if (free.length > 0) {
    await step.tx.query(eraseConfigurationTexts(free));
    // Answers that were kept for replays hold names too.
    if (!holds.some(holdsSomeSubject)) await step.tx.query(eraseChangeResponses(before));
    const subjectIds = [...new Set(free.map((row) => row.subject_id))];
    await recordErasure(step, { kind: 'configuration', cause: 'retention', subjectIds, reason: null });
  }
  const next = nextOf(rows, (row) => ({ entryId: row.entry_id, field: row.field }));
  return { erased: free.length, next };
}

async function changePiece(
  step: ChangeStep,
  { cutoffs, holds }: Rules,
  after: string,
): Promise<Piece<string>> {
  const statement = findRetainedChanges({ before: cutoffs.change, after, limit: PIECE_MAX });
  const { rows } = await step.tx.query<RetainedChangeRow>(statement);
  const free = rows.filter((row) => !holds.some((scope) => holdsSubject(scope, row.subject_id)));
  const subjectIds = free.map((row) => row.change_id);
  if (subjectIds.length > 0) {
    await step.tx.query(eraseChanges(subjectIds));
    await recordErasure(step, { kind: 'change', cause: 'retention', subjectIds, reason: null });
  }
  return { erased: free.length, next: nextOf(rows, (row) => row.change_id) };
}

function nextOf<Row, Cursor>(rows: readonly Row[], cursorOf: (row: Row) => Cursor): Cursor | null {
  const last = rows.at(-1);
  return last === undefined || rows.length < PIECE_MAX ? null : cursorOf(last);
}
