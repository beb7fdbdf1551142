// http/resources/budgets.ts: budgets, each shown with the balance of its current period.
import { operations } from '@countersign/contract';
import type { FastifyInstance } from 'fastify';

import type { BudgetView } from '../../admin/budget-view.ts';
import { actorOf, changeOptions } from '../change.ts';
import type { HttpContext } from '../context.ts';
import { serve } from '../route.ts';
import { fromWire, toWire } from '../wire.ts';

export function registerBudgets(app: FastifyInstance, { admin }: HttpContext): void {
  const { budgets } = admin;
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
    return presentBudget(
      await budgets.changeLimit(actorOf(call.request), budget_id, call.body.limit, changeOptions(call)),
    );
  });
  serve(app, operations.closeBudget, async (call) =>
    presentBudget(await budgets.close(actorOf(call.request), call.params.budget_id, changeOptions(call))),
  );
}

/** The balances of the current period beside the budget's own fields; its limit is that of the period. */
function presentBudget({ current, ...budget }: BudgetView): object {
  const { startsAt, endsAt, ...balance } = current;
  return { ...(toWire(budget) as object), ...balance, period_starts_at: startsAt, period_ends_at: endsAt };
}
