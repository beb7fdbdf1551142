// record/audit/audit-authority.ts: every version of the authority matrix against the entry that published it. Decisions are
// made again from these documents, so a limit that was raised afterwards must be found.
import { auditAuthorityMatrixRows } from '../../ledger/audit-authority-matrix-rows.ts';
import { DocumentDigests } from './document-digests.ts';
import { type RowAudit, entryOf, fieldOf, instant } from './row-audit.ts';

const TABLE = 'authority_matrix_version';

export async function auditAuthority(audit: RowAudit): Promise<void> {
  const digests = new DocumentDigests();
  /** Version -> since when it is in force, as the log says: what is as it was in the version before is left out. */
  const effective = new Map<unknown, string>();
  for await (const rows of audit.pages(TABLE, auditAuthorityMatrixRows())) {
    for (const row of rows) {
      const key = { version: row['version'] as unknown };
      const entryId = row['entry_id'] as bigint;
      if (audit.altered.has(entryId)) continue;
      const body = row['entry_body'] as Buffer | null;
      const entry = body === null ? null : entryOf({ entry_id: entryId, subject_id: '', body });
      if (entry?.type !== 'authority_matrix.published') {
        audit.extra(TABLE, key, 'no entry published it');
        continue;
      }
      const changes = entry.body['changes'];
      const said =
        instant(fieldOf(changes, 'effective_from', 'after')) ??
        effective.get(fieldOf(changes, 'version', 'before'));
      if (said !== undefined) effective.set(key.version, said);
      const document = row['document'] as unknown;
      audit.compare(TABLE, key, {
        version: [fieldOf(changes, 'version', 'after'), key.version],
        ...digests.columnOf({ record: 'matrix', version: key.version, document }, entry.body),
        ...(said === undefined ? {} : { effective_from: [said, row['effective'] as unknown] }),
        created_at: [instant(entry.body['at']), row['created'] as unknown],
        created_by: [fieldOf(entry.body, 'actor', 'id'), row['created_by'] as unknown],
      });
    }
  }
}
