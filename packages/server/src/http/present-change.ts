// http/present-change.ts: a change under change control as the API writes it. What was sent and what differs are data of
// the caller's: their names are left as they are.
import type { ChangeSummary, ChangeView } from '../admin/change-view.ts';
import { toWire } from './wire.ts';

export function presentChange({ difference, request, ...summary }: ChangeView): object {
  return {
    ...presentChangeSummary(summary),
    difference:
      difference?.map(({ type, subjectId, field, before, after, effect }) => ({
        type,
        subject_id: subjectId,
        field,
        before,
        after,
        effect,
      })) ?? null,
    request,
  };
}

export function presentChangeSummary(summary: ChangeSummary): object {
  return toWire(summary) as object; // of an object
}
