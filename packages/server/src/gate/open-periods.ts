// gate/open-periods.ts: finds the budget periods a batch needs and opens those that do not exist, in a transaction of
// its own: a period's limit is a transfer from outside, and has a log entry.
// INVARIANT: a period is opened with the limit of the configuration that holds when it is opened, or not at all.
import type { Writer } from '../db/writer.ts';
import { findBudgetPeriods } from '../ledger/find-budget-periods.ts';
import { insertBudgetPeriods } from '../ledger/insert-budget-periods.ts';
import { insertTransfers } from '../ledger/insert-transfers.ts';
import { lockConfigurationShared } from '../ledger/lock-configuration.ts';
import { readConfigurationVersion } from '../ledger/read-configuration-version.ts';
import { recordBatch } from '../record/record-batch.ts';
import type { Recorder } from '../record/recorder.ts';
import { takeEntries } from '../record/take-entries.ts';
import { transfersBody } from './entry-body.ts';
import type { PeriodKey } from './resolve-action.ts';

interface PeriodRow {
  period_id: bigint;
  budget_id: string;
  starts_at: Date;
}

interface OpenedPeriodRow extends PeriodRow {
  ends_at: Date | null;
  currency: string;
  limit_minor: bigint;
}

const OPENED_AT_ONCE_MAX = 500;

interface OpenContext {
  readonly writer: Pick<Writer, 'transaction'>;
  readonly recorder: Recorder;
  readonly now: () => number;
}

/**
 * `budget id|start` -> period id, for each of `periods`; opened where it did not exist. `stale`: the configuration the
 * periods were found in, of version `configurationVersion`, is not that of now.
 */
export async function openPeriods(
  periods: readonly PeriodKey[],
  configurationVersion: bigint,
  context: OpenContext,
): Promise<Map<string, bigint> | 'stale'> {
  const found = new Map<string, bigint>();
  for (let start = 0; start < periods.length; start += OPENED_AT_ONCE_MAX) {
    const some = periods.slice(start, start + OPENED_AT_ONCE_MAX);
    const opened = await openSome(some, configurationVersion, context);
    if (opened === 'stale') return 'stale';
    for (const [key, periodId] of opened) found.set(key, periodId);
  }
  return found;
}

async function openSome(
  periods: readonly PeriodKey[],
  configurationVersion: bigint,
  { writer, recorder, now }: OpenContext,
): Promise<Map<string, bigint> | 'stale'> {
  const sorted = [...periods].sort((a, b) => (a.key < b.key ? -1 : 1));
  return writer.transaction<Map<string, bigint> | 'stale'>(async (tx) => {
    tx.send(lockConfigurationShared());
    const version = await tx.query<{ version: bigint }>(readConfigurationVersion());
    if (version.rows[0]?.version !== configurationVersion) return { result: 'stale' };
    const inserted = await tx.query<OpenedPeriodRow>(insertBudgetPeriods(sorted));
    const all = await tx.query<PeriodRow>(findBudgetPeriods(sorted));
    const result = new Map(all.rows.map((row) => [keyOf(row), row.period_id]));
    if (inserted.rows.length === 0) return { result };
    const { entryIds, transactionId } = await takeEntries(tx, inserted.rows.length);
    const opened = inserted.rows.map((row, index) => {
      const entryId = entryIds[index];
      if (entryId === undefined) throw new Error('an entry id for each period');
      const transfers =
        row.limit_minor === 0n
          ? []
          : [
              {
                periodId: row.period_id,
                from: 'external' as const,
                to: 'available' as const,
                amountMinor: row.limit_minor,
              },
            ];
      return { row, entryId, transfers };
    });
    const sealed = recorder.seal(
      entryIds,
      opened.map(({ row, transfers }) => ({
        type: 'budget.period_opened',
        subjectId: row.budget_id,
        actor: { kind: 'system', name: 'gate' },
        body: {
          period_id: Number(row.period_id),
          currency: row.currency,
          ends_at: row.ends_at?.toISOString() ?? null,
          starts_at: row.starts_at.toISOString(),
          limit_minor: row.limit_minor.toString(),
          transfers: transfersBody(transfers) ?? [],
        },
      })),
      now(),
    );
    const lines = opened.flatMap(({ entryId, transfers }) =>
      transfers.map((transfer, line) => ({ ...transfer, entryId, line })),
    );
    if (lines.length > 0) tx.send(insertTransfers(lines));
    recordBatch(tx, sealed);
    return { result, commit: { ...sealed, transactionId } };
  });
}

function keyOf(row: PeriodRow): string {
  return `${row.budget_id}|${String(row.starts_at.getTime())}`;
}
