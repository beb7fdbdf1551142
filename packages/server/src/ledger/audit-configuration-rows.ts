// ledger/audit-configuration-rows.ts: every row of a configuration table with the entries and texts of its subject. For
// the auditor alone.
import { entriesBeside } from '../db/entries-beside.ts';
import { exactTime } from '../db/exact-time.ts';
import type { Statement } from '../db/statement.ts';

export interface ConfigurationTable {
  readonly table: string;
  /** Column of the subject's id. */
  readonly id: string;
  /** The first word of its entry types and texts. */
  readonly kind: string;
}

/** The names are the auditor's own, never input. */
export function auditConfigurationRows({ table, id, kind }: ConfigurationTable): Statement {
  return {
    name: `audit_${table}`,
    text: `SELECT ${table}.*, ${exactTime('created_at')} AS created, ${entriesBeside(`${table}.${id}`)},
             (SELECT json_agg(json_build_object('entry_id', entry_id::text, 'field', field, 'text', text,
                'salt', encode(salt, 'base64')))
              FROM configuration_text WHERE subject_id = ${table}.${id} AND field LIKE '${kind}.%') AS texts
           FROM ${table} ORDER BY ${id}`,
    values: [],
  };
}
