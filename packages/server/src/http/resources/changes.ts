// http/resources/changes.ts: the review of changes. Approving a draft sends its author's request again, through the same
// route and the same admin function; the control plane decides under its lock whether it may.
import { operations } from '@countersign/contract';
import type { FastifyInstance } from 'fastify';

import type { ChangeToSend } from '../../admin/changes.ts';
import { changeOptions, principalOf } from '../change.ts';
import type { SentAgain } from '../change-request.ts';
import type { HttpContext } from '../context.ts';
import { presentChange, presentChangeSummary } from '../present-change.ts';
import { ProblemError } from '../problem.ts';
import { serve } from '../route.ts';

const EMERGENCY_STATUSES: ReadonlySet<ChangeToSend['status']> = new Set([
  'unreviewed_emergency',
  'confirmed',
  'disputed',
  'rolled_back',
]);

export function registerChanges(app: FastifyInstance, { admin }: HttpContext): void {
  const { changes } = admin;

  serve(app, operations.listChanges, async ({ query }) => {
    const { subject_id: subjectId, ...filter } = query;
    const page = await changes.list({ ...filter, subjectId });
    return { data: page.items.map(presentChangeSummary), next_cursor: page.nextCursor };
  });
  serve(app, operations.getChange, async ({ params }) => presentChange(await changes.get(params.change_id)));

  serve(app, operations.approveChange, async (call) => {
    const { change_id: changeId } = call.params;
    const reviewer = principalOf(call.request);
    const reason = call.body.reason ?? null;
    const { status, author, input } = await changes.toSend(changeId);
    if (EMERGENCY_STATUSES.has(status)) {
      const change = await changes.confirm(reviewer, changeId, reason, changeOptions(call));
      return { change: presentChange(change), result: null };
    }
    const control = { kind: 'approving', changeId, reviewer, reason } as const;
    const result = await sendAgain(app, { ...call, input, caller: author, control });
    return { change: presentChange(await changes.get(changeId)), result };
  });

  serve(app, operations.rejectChange, async (call) => {
    const reviewer = principalOf(call.request);
    return presentChange(
      await changes.reject(reviewer, call.params.change_id, call.body.reason, changeOptions(call)),
    );
  });

  serve(app, operations.withdrawChange, async (call) => {
    const author = principalOf(call.request);
    const reason = call.body.reason ?? null;
    return presentChange(await changes.withdraw(author, call.params.change_id, reason, changeOptions(call)));
  });

  serve(app, operations.rollBackChange, async (call) => {
    const { change_id: changeId } = call.params;
    const reviewer = principalOf(call.request);
    const { input, undo } = await changes.toSend(changeId);
    if (undo === undefined) {
      const detail = 'No earlier version is known: dispute it, and change it as any other configuration.';
      throw new ProblemError('nothing_to_roll_back', detail);
    }
    const control = { kind: 'rolling_back', changeId, reviewer, reason: call.body.reason } as const;
    const earlier = { ...input, body: undo, contentType: 'application/json' };
    const result = await sendAgain(app, { ...call, input: earlier, caller: reviewer, control });
    return { change: presentChange(await changes.get(changeId)), result };
  });
}

async function sendAgain(app: FastifyInstance, sent: SentAgain): Promise<unknown> {
  const send = app.changeHandlers?.get(sent.input.operation);
  if (send === undefined) {
    throw new ProblemError('change_stale', `This gateway has no operation \`${sent.input.operation}\`.`);
  }
  const result = await send(sent);
  return result ?? null;
}
