// ledger/find-sourcing-version.ts: one version of a sourcing policy, tender or framework agreement, or its newest, with
// the newest version number.
import type { Statement } from '../db/statement.ts';
import type { SourcingKind, SourcingVersionRow } from './insert-sourcing-version.ts';

export interface FoundSourcingRow extends SourcingVersionRow {
  newest_version: number;
}

export function findSourcingVersion({
  kind,
  recordId,
  version,
}: {
  readonly kind: SourcingKind;
  readonly recordId: string;
  readonly version: number | null;
}): Statement {
  return {
    name: 'find_sourcing_version',
    text: `SELECT kind, record_id, version, document, created_at, created_by, entry_id,
             (SELECT max(version) FROM sourcing_version WHERE kind = $1 AND record_id = $2) AS newest_version
           FROM sourcing_version
           WHERE kind = $1 AND record_id = $2 AND ($3::int IS NULL OR version = $3)
           ORDER BY version DESC LIMIT 1`,
    values: [kind, recordId, version],
  };
}
