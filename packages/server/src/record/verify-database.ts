// record/verify-database.ts: the auditor's check of a whole database against its log: the log against its signed root,
// then every row of state against the entries it must be the fold of. Reports each difference by table, key and column.
// Reads one consistent snapshot, streamed; must not write, and trusts nothing but the log's key.
import type { VerifierKey } from '@countersign/audit';

import type { Database } from '../db/connect.ts';
import { auditApprovals, auditRejections, auditSignatures } from './audit/audit-approvals.ts';
import { auditBudgetSnapshots, auditBudgetTransfers } from './audit/audit-budgets.ts';
import { auditAuthority } from './audit/audit-authority.ts';
import { auditConfiguration } from './audit/audit-configuration.ts';
import { auditAuthorizations, auditCards } from './audit/audit-cards.ts';
import { auditExchange } from './audit/audit-exchange.ts';
import { auditBalances, auditEntries } from './audit/audit-ledger.ts';
import { auditLog } from './audit/audit-log.ts';
import { auditPurchases } from './audit/audit-purchases.ts';
import { auditRelated } from './audit/audit-related.ts';
import { auditAlerts, auditVelocity } from './audit/audit-signals.ts';
import { auditChecks, auditNotes, auditReceipts } from './audit/audit-single-entries.ts';
import { auditPromises, auditWaitingEntries } from './audit/audit-waiting-entries.ts';
import { RowAudit, type RowDifference } from './audit/row-audit.ts';
import type { FingerprintOf } from './audit/subject-entries.ts';

export interface VerifyDatabaseOptions {
  readonly database: Pick<Database, 'pool'>;
  readonly verifierKey: VerifierKey;
  /** The duplicate key of a purchase or check, as the gate makes it from the terms in an entry. */
  readonly fingerprintOf: FingerprintOf;
  /** Told of every difference, also of those past `differencesKeptMax`. */
  readonly onDifference?: (difference: RowDifference) => void;
  readonly onProgress?: (table: string, rows: number) => void;
  readonly differencesKeptMax?: number;
}

export interface DatabaseReport {
  /** Nothing differs. */
  readonly valid: boolean;
  readonly entriesChecked: number;
  readonly differenceCount: number;
  readonly differences: readonly RowDifference[];
}

/**
 * What no entry of the log says, so that this check cannot see a change of it: how far work has come (deliveries,
 * next leaves, idempotency), secrets, and fields that entries leave out. The check compares such a field as soon as an
 * entry says it.
 */
export const NOT_IN_LOG: readonly string[] = [
  'api_key.expires_at',
  'api_key.hint',
  'approval.steps: signature comment (a note has it)',
  'approval_view',
  'configuration.version',
  'idempotency_key',
  'related_day.purchases: the largest parts and the refused attempts',
  'related_stop.is_followed',
  'log_checkpoint.created_at',
  'budget_day, velocity_bucket, velocity_edge_day, signal_progress: counted again from the log',
  'webhook_delivery',
  'webhook_endpoint.next_leaf',
  'webhook_endpoint.secret',
];

const DIFFERENCES_KEPT_MAX = 10_000;

export async function verifyDatabase(options: VerifyDatabaseOptions): Promise<DatabaseReport> {
  const keptMax = options.differencesKeptMax ?? DIFFERENCES_KEPT_MAX;
  const differences: RowDifference[] = [];
  let differenceCount = 0;
  let entriesChecked = 0;
  const report = (difference: RowDifference): void => {
    differenceCount += 1;
    if (differences.length < keptMax) differences.push(difference);
    options.onDifference?.(difference);
  };
  const client = await options.database.pool.connect();
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const audit = new RowAudit(client, report, options.onProgress);
    const onEntries = async (entries: Parameters<typeof auditEntries>[1]): Promise<void> => {
      entriesChecked += entries.length;
      await auditEntries(audit, entries);
    };
    await auditLog(audit, options.verifierKey, onEntries);
    await auditWaitingEntries(audit, onEntries);
    await auditPromises(audit, options.verifierKey);
    await auditBalances(audit);
    await auditBudgetTransfers(audit);
    await auditBudgetSnapshots(audit);
    await auditPurchases(audit, options.fingerprintOf);
    await auditRelated(audit);
    await auditApprovals(audit);
    await auditSignatures(audit);
    await auditRejections(audit);
    await auditCards(audit);
    await auditAuthorizations(audit);
    await auditReceipts(audit);
    await auditNotes(audit);
    await auditChecks(audit, options.fingerprintOf);
    await auditAlerts(audit);
    await auditVelocity(audit);
    await auditConfiguration(audit);
    await auditAuthority(audit);
    await auditExchange(audit);
  } finally {
    await client.query('ROLLBACK').catch(() => undefined);
    client.release();
  }
  return { valid: differenceCount === 0, entriesChecked, differenceCount, differences };
}
