// http/resources/budget-outlook.ts: consumption and forecast of a budget, for its owner and for dashboards.
import { operations } from '@countersign/contract';
import { INTERVAL_SHARE, zonedDayNumber } from '@countersign/core';
import type { FastifyInstance } from 'fastify';

import { type BudgetOutlook, amountIn, dateOf, standingView } from '../../admin/budget-outlook.ts';
import { currencyOf } from '../../admin/budget-view.ts';
import { principalOf } from '../change.ts';
import type { HttpContext } from '../context.ts';
import { serve } from '../route.ts';

export function registerBudgetOutlook(
  app: FastifyInstance,
  { admin: { budgetOutlooks } }: HttpContext,
): void {
  serve(app, operations.getBudgetForecast, async ({ request, params }) =>
    presentForecast(await budgetOutlooks.get(principalOf(request), params.budget_id)),
  );
  serve(app, operations.getBudgetConsumption, async ({ request, params }) =>
    presentConsumption(await budgetOutlooks.get(principalOf(request), params.budget_id)),
  );
}

function presentForecast(outlook: BudgetOutlook): object {
  const { projection, today, daysLeft } = outlook;
  const { runRate, seasonal, missing } = projection;
  const amount = amountIn(currencyOf(outlook.standing.row));
  const dateAfter = (days: number | null): string | null => (days === null ? null : dateOf(today + days));
  return {
    ...standingView(outlook),
    projected_until: dateOf(today + daysLeft - 1),
    supported: seasonal !== null,
    missing,
    run_rate: runRatePart(outlook),
    seasonal:
      seasonal === null
        ? null
        : {
            projected: amount(seasonal.projectedMinor),
            interval: {
              percent: INTERVAL_SHARE * 100,
              lower: amount(seasonal.lowerMinor),
              upper: amount(seasonal.upperMinor),
            },
            exhausted_on: dateAfter(seasonal.exhaustedAfterDays),
            exhausted_on_earliest: dateAfter(seasonal.earliestAfterDays),
            exhausted_on_latest: dateAfter(seasonal.latestAfterDays),
            past_forecasts: seasonal.errorsSeen,
          },
    exhausted_on: dateAfter((seasonal ?? runRate)?.exhaustedAfterDays ?? null),
  };
}

function presentConsumption(outlook: BudgetOutlook): object {
  const { standing, days } = outlook;
  const amount = amountIn(currencyOf(standing.row));
  const first = dateOf(zonedDayNumber(standing.current.startMs, standing.row.time_zone));
  return {
    ...standingView(outlook),
    run_rate: runRatePart(outlook),
    days: days
      .filter(({ day }) => day >= first)
      .map((row) => ({ date: row.day, used: amount(row.used_minor), spent: amount(row.spent_minor) })),
  };
}

function runRatePart({ projection: { runRate }, standing, today }: BudgetOutlook): object | null {
  if (runRate === null) return null;
  const amount = amountIn(currencyOf(standing.row));
  return {
    per_day: amount(runRate.perDayMinor),
    mean_of_days: runRate.days,
    projected: amount(runRate.projectedMinor),
    exhausted_on: runRate.exhaustedAfterDays === null ? null : dateOf(today + runRate.exhaustedAfterDays),
  };
}
