// ledger/mark-stop-followed.ts: notes that the siblings of a stopped purchase have been decided again, unless another was
// stopped meanwhile.
import type { Statement } from '../db/statement.ts';

export function markStopFollowed({
  groupKey,
  entryId,
}: {
  readonly groupKey: string;
  readonly entryId: bigint;
}): Statement {
  return {
    name: 'mark_stop_followed',
    text: 'UPDATE related_stop SET is_followed = true WHERE group_key = $1::uuid AND entry_id = $2',
    values: [groupKey, entryId],
  };
}
