// resources/budget-outlook.ts: how a budget is being used, and where it will stand at the end of its period.
import { Type } from 'typebox';

import { operation } from '../operation.ts';
import { Currency, DecimalAmount, Timestamp, idInPath, nullable } from '../scalars.ts';

const Day = Type.String({ format: 'date', description: 'A day in the budget’s time zone.' });

const standing = {
  budget_id: Type.String(),
  currency: Currency,
  period_starts_at: Timestamp,
  period_ends_at: nullable(Timestamp, 'Null: it never ends.'),
  limit: nullable(
    DecimalAmount,
    'The allocation where another system keeps it; null: it has said nothing of this period that can be relied on.',
  ),
  pending: DecimalAmount,
  committed: DecimalAmount,
  spent: DecimalAmount,
  used_elsewhere: Type.Optional({
    ...DecimalAmount,
    description: 'Where another system keeps the allocation: what it says was used past this gateway.',
  }),
  allocation_as_of: Type.Optional(Timestamp),
  used: { ...DecimalAmount, description: 'What was used elsewhere included.' },
  remaining: nullable(DecimalAmount, 'Null: the limit is not known.'),
  used_percent: nullable(Type.Number(), 'Null: the limit is zero or not known.'),
};

const RunRate = Type.Object(
  {
    per_day: DecimalAmount,
    mean_of_days: Type.Integer(),
    projected: DecimalAmount,
    exhausted_on: nullable(Day, 'Null: not before the period ends.'),
  },
  { title: 'RunRate' },
);

const Seasonal = Type.Object(
  {
    projected: DecimalAmount,
    interval: Type.Object({ percent: Type.Integer(), lower: DecimalAmount, upper: DecimalAmount }),
    exhausted_on: nullable(Day),
    exhausted_on_earliest: nullable(Day, 'By the upper bound of the interval.'),
    exhausted_on_latest: nullable(Day, 'By the lower bound.'),
    past_forecasts: Type.Integer({
      description: 'Forecasts of the past whose errors the interval was learnt from.',
    }),
  },
  { title: 'SeasonalForecast' },
);

const BudgetForecast = Type.Object(
  {
    ...standing,
    projected_until: Day,
    supported: Type.Boolean({ description: 'The history supports a seasonal forecast.' }),
    missing: Type.Array(Type.Object({ code: Type.String(), message: Type.String() }), {
      description: 'Evidence that is missing for one.',
    }),
    run_rate: nullable(RunRate, 'Null: there are not even two weeks of history.'),
    seasonal: nullable(Seasonal),
    exhausted_on: nullable(
      Day,
      'By the seasonal forecast, else by the run rate; null: not before the period ends.',
    ),
  },
  { title: 'BudgetForecast' },
);

const BudgetConsumption = Type.Object(
  {
    ...standing,
    run_rate: nullable(RunRate),
    days: Type.Array(Type.Object({ date: Day, used: DecimalAmount, spent: DecimalAmount }), {
      description: 'Of this period; days on which nothing moved are left out.',
    }),
  },
  { title: 'BudgetConsumption' },
);

const params = Type.Object({ budget_id: idInPath('Id of the budget.') });
const readers = ['operator', 'auditor', 'budget_owner'] as const;

export const budgetOutlookOperations = {
  getBudgetForecast: operation({
    operationId: 'getBudgetForecast',
    method: 'GET',
    path: '/v1/budgets/{budget_id}/forecast',
    tag: 'Budgets',
    summary: 'Where a budget will stand at the end of its period',
    description:
      'What is pending and committed counts as used. Where the history cannot support a forecast it says which evidence is missing. Who only owns budgets sees those.',
    allow: readers,
    params,
    status: 200,
    response: BudgetForecast,
  }),
  getBudgetConsumption: operation({
    operationId: 'getBudgetConsumption',
    method: 'GET',
    path: '/v1/budgets/{budget_id}/consumption',
    tag: 'Budgets',
    summary: 'How a budget is being used, by day',
    description: 'Who only owns budgets sees those. The days follow the log within seconds.',
    allow: readers,
    params,
    status: 200,
    response: BudgetConsumption,
  }),
};
