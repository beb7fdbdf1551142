// http/resources/budgets.ts: budgets, each shown with the balance of its current period.
import { operations } from '@countersign/contract';
import type { FastifyInstance } from 'fastify';

import type { BudgetView } from '../../admin/budget-view.ts';
import { actorOf, changeOptions } from '../change.ts';
import type { HttpContext } from '../context.ts';
import { serve } from '../route.ts';
import { fromWire, pageToWire, toWire } from '../wire.ts';

export function registerBudgets(app: FastifyInstance, { admin }: HttpContext): void {
  const { budgets, budgetSnapshots, budgetTransfers } = admin;
  serve(app, operations.createBudget, async (call) =>
    presentBudget(await budgets.create(actorOf(call.request), fromWire(call.body), changeOptions(call))),
  );
  serve(app, operations.listBudgets, async ({ query }) => {
    const page = await budgets.list(query);
    return { data: page.items.map(presentBudget), next_cursor: page.nextCursor };
  });
  serve(app, operations.getBudget, async ({ params }) => presentBudget(await budgets.get(params.budget_id)));
  serve(app, operations.updateBudget, async (call) => {
    const { budget_id } = call.params;
    const update = fromWire(call.body);
    return presentBudget(await budgets.update(actorOf(call.request), budget_id, update, changeOptions(call)));
  });
  serve(app, operations.closeBudget, async (call) =>
    presentBudget(await budgets.close(actorOf(call.request), call.params.budget_id, changeOptions(call))),
  );
  serve(app, operations.putBudgetSnapshot, async ({ request, params, body }) =>
    presentBudget(await budgetSnapshots.receive(actorOf(request), params.budget_id, fromWire(body))),
  );
  serve(app, operations.createBudgetTransfer, async (call) =>
    toWire(await budgetTransfers.create(actorOf(call.request), call.body, changeOptions(call))),
  );
  serve(app, operations.listBudgetTransfers, async ({ query }) =>
    pageToWire(await budgetTransfers.list(fromWire(query))),
  );
  serve(app, operations.getBudgetTransfer, async ({ params }) =>
    toWire(await budgetTransfers.get(params.transfer_id)),
  );
}

/** The balances of the current period beside the budget's own fields; its limit is that of the period. */
function presentBudget({ current, ...budget }: BudgetView): object {
  const { startsAt, endsAt, ...balance } = current;
  const shown = { ...(toWire(budget) as object), ...(toWire(balance) as object) };
  return { ...shown, period_starts_at: startsAt, period_ends_at: endsAt };
}
