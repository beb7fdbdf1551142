// demo/an-approved-purchase.ts: the whole path without a human: asked, approved, a card, charged, settled, reconciled.
import type { PurchaseRequest } from '@countersign/contract';

import { painted, style } from '../terminal/style.ts';
import type { BudgetState } from './narrator.ts';
import { type Stage, settledPurchase } from './stage.ts';

const INTENT = 'infra renewal Q3';

/** Sent as it stands here. */
const REQUEST = `{
  "agent_id": "agent_ops_042",
  "policy_id": "pol_procurement",
  "vendor": "aws",
  "amount": 1840.00,
  "currency": "usd",
  "intent": "${INTENT}",
  "metadata": { "category": "cloud", "cost_center": "platform" }
}`;

/** @returns the request's id, for the chapter on the record */
export async function anApprovedPurchase(stage: Stage): Promise<string> {
  const { api, tell, keys, webhooks } = stage;
  tell.chapter(1, 'An agent buys within policy');
  tell.raw(`  ${style.dim('POST /v1/procurement/requests')}\n${indented(REQUEST)}`);
  const startedMs = performance.now();
  const { body: asked } = await api.post<PurchaseRequest>('/v1/procurement/requests', keys.agent, REQUEST);
  const tookMs = Math.round(performance.now() - startedMs);
  tell.fields({
    status: `${painted(asked.status)} by ${asked.approved_by ?? '-'}, in ${tookMs} ms`,
    request_id: asked.request_id,
    card_id: asked.checkout.card_id ?? '-',
    card: 'single use, locked to aws and 1840.00 USD',
  });
  const settled = await settledPurchase(stage, asked.request_id);
  tell.acts('merchant', 'charges the card and ships; the network settles');
  tell.path(settled);
  tell.budget((await api.get<BudgetState>('/v1/budgets/platform', keys.operator)).body);
  const webhook = await webhooks.received('purchase.completed', asked.request_id, 15_000);
  tell.raw(`\n  ${style.dim('webhook purchase.completed, signature verified')}`);
  if (webhook !== null) tell.fields(valuesOf(webhook.text));
  tell.claim(
    settled.checkout.status === 'reconciled',
    'Approved, issued, charged, settled and reconciled without a human.',
  );
  tell.claim(
    webhook?.event.data['reconciled_intent'] === INTENT,
    'The settlement was matched to the intent the agent gave.',
  );
  return asked.request_id;
}

const SHOWN = ['request_id', 'status', 'approved_by', 'card_id', 'amount', 'vendor', 'reconciled_intent'];

/** As they were sent: a parsed 1840.00 would be shown as 1840. */
function valuesOf(text: string): Record<string, string> {
  const data = text.slice(text.indexOf('"data"'));
  return Object.fromEntries(
    SHOWN.map((field) => [field, new RegExp(`"${field}":("[^"]*"|[^,}]*)`).exec(data)?.[1] ?? '-']),
  );
}

function indented(text: string): string {
  return text.replace(/^/gm, '  ');
}
