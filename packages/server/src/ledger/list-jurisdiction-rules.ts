// ledger/list-jurisdiction-rules.ts: every document in force, or waiting for its date or for approval, that may name a region.
import type { Statement } from '../db/statement.ts';

export interface JurisdictionRuleRow {
  kind: 'authority_matrix' | 'policy' | 'tender' | 'framework' | 'waiver';
  id: string;
  document: unknown;
}

export function listJurisdictionRules(at: Date): Statement {
  return {
    name: 'list_jurisdiction_rules',
    text: `SELECT 'authority_matrix' AS kind, version::text AS id, document FROM authority_matrix_version
           WHERE effective_from > $1::timestamptz OR version = (
             SELECT version FROM authority_matrix_version WHERE effective_from <= $1::timestamptz
             ORDER BY effective_from DESC, version DESC LIMIT 1)
           UNION ALL
           SELECT kind, record_id, document FROM (
             SELECT DISTINCT ON (kind, record_id) kind::text, record_id, document FROM sourcing_version
             ORDER BY kind, record_id, version DESC) AS newest
           UNION ALL
           SELECT 'waiver', waiver_id, document FROM sourcing_waiver WHERE status IN ('pending', 'approved')`,
    values: [at],
  };
}
