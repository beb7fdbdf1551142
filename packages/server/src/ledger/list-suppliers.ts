// ledger/list-suppliers.ts: a page of suppliers in their newest versions, in the order of their ids, filtered.
import type { Statement } from '../db/statement.ts';

export interface ListSuppliersQuery {
  readonly after: string;
  readonly limit: number;
  readonly standing: string | null;
  readonly country: string | null;
  readonly groupId: string | null;
  readonly verification: string | null;
  readonly sanctioned: boolean | null;
  /** Part of a name, letter case aside. */
  readonly name: string | null;
}

export function listSuppliers(query: ListSuppliersQuery): Statement {
  return {
    name: 'list_suppliers',
    text: `SELECT supplier_id, version, document, salt, created_at, created_by, entry_id FROM (
             SELECT DISTINCT ON (supplier_id) * FROM supplier_version WHERE supplier_id > $1
             ORDER BY supplier_id, version DESC) AS newest
           WHERE ($3::text IS NULL OR document->>'standing' = $3)
             AND ($4::text IS NULL OR document->>'country' = $4)
             AND ($5::text IS NULL OR document->>'group_id' = $5 OR supplier_id = $5)
             AND ($6::text IS NULL OR document->'verification'->>'state' = $6)
             AND ($7::boolean IS NULL OR coalesce((document->'sanctions'->>'flagged')::boolean, false) = $7)
             AND ($8::text IS NULL OR strpos(lower(document->>'legal_name'), lower($8)) > 0
               OR EXISTS (SELECT FROM json_array_elements_text(document->'trading_names') AS name
                 WHERE strpos(lower(name), lower($8)) > 0))
           ORDER BY supplier_id LIMIT $2`,
    values: [
      query.after,
      query.limit,
      query.standing,
      query.country,
      query.groupId,
      query.verification,
      query.sanctioned,
      query.name,
    ],
  };
}
