// demo/an-exact-budget.ts: a budget for exactly K purchases, asked for by 64 callers at once.
import type { PurchaseRequest } from '@countersign/contract';

import { painted } from '../terminal/style.ts';
import type { BudgetState } from './narrator.ts';
import type { Stage } from './stage.ts';

const CALLERS = 64;
const FITS = 20;

export async function anExactBudget({ api, tell, keys }: Stage): Promise<void> {
  tell.chapter(5, 'A budget is exact, however many ask at once');
  const operator = keys.operator;
  await api.create('/v1/policies', operator, {
    policy_id: 'pol_licences',
    name: 'Licences',
    rules: [{ rule_id: 'ceiling', rule_type: 'max_amount', parameters: { limit: 100, currency: 'USD' } }],
  });
  await api.create('/v1/agents', operator, { agent_id: 'agent_crowd', name: 'A crowd of one agent' });
  await api.create('/v1/budgets', operator, {
    budget_id: 'licences',
    name: 'Licences',
    scope: { type: 'policy', id: 'pol_licences' },
    period: 'month',
    currency: 'USD',
    limit: `${FITS * 49}.00`,
    time_zone: 'UTC',
  });
  const { api_key: key } = await api.create<{ api_key: string }>('/v1/agents/agent_crowd/keys', operator, {});
  const startedMs = performance.now();
  const answers = await Promise.all(
    Array.from({ length: CALLERS }, async (_, index) =>
      api.post<PurchaseRequest>('/v1/procurement/requests', key, {
        agent_id: 'agent_crowd',
        policy_id: 'pol_licences',
        vendor: 'editor-licences',
        amount: '49.00',
        currency: 'usd',
        intent: `licence ${index + 1}`,
      }),
    ),
  );
  const tookMs = Math.round(performance.now() - startedMs);
  const approved = answers.filter(({ body }) => body.status === 'approved').length;
  const exceeded = answers.filter(({ body }) => body.decision.reason_code === 'budget_exceeded').length;
  tell.acts('64 callers', `ask at once for 49.00 USD each; the budget is ${FITS * 49}.00 USD (${tookMs} ms)`);
  tell.fields({
    [painted('approved')]: String(approved),
    [painted('denied')]: `${exceeded} budget_exceeded`,
  });
  tell.budget((await api.get<BudgetState>('/v1/budgets/licences', operator)).body);
  tell.claim(
    approved === FITS && exceeded === CALLERS - FITS,
    `Exactly ${FITS}: not one more, not one less.`,
  );
}
