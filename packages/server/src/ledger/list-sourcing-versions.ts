// ledger/list-sourcing-versions.ts: the newest version of each sourcing policy, tender or framework agreement, by id.
import type { Statement } from '../db/statement.ts';
import type { SourcingKind } from './insert-sourcing-version.ts';

export function listSourcingVersions({
  kind,
  after,
  limit,
}: {
  readonly kind: SourcingKind;
  readonly after: string;
  readonly limit: number;
}): Statement {
  return {
    name: 'list_sourcing_versions',
    text: `SELECT DISTINCT ON (record_id) kind, record_id, version, document, created_at, created_by, entry_id,
             version AS newest_version
           FROM sourcing_version WHERE kind = $1 AND record_id > $2 ORDER BY record_id, version DESC LIMIT $3`,
    values: [kind, after, limit],
  };
}
