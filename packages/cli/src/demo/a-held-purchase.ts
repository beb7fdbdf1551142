// demo/a-held-purchase.ts: above a threshold two people sign, in order, and the waiting agent goes on at once.
import type { PurchaseRequest } from '@countersign/contract';

import { painted } from '../terminal/style.ts';
import type { Answer } from './api.ts';
import { AGENT, type Stage, settledPurchase } from './stage.ts';

export async function aHeldPurchase(stage: Stage): Promise<void> {
  const { api, tell, keys } = stage;
  tell.chapter(2, 'A large purchase waits for signatures');
  const { body: held } = await api.post<PurchaseRequest>('/v1/procurement/requests', keys.agent, {
    agent_id: AGENT,
    policy_id: 'pol_procurement',
    vendor: 'figma.com',
    amount: '6200.00',
    currency: 'usd',
    intent: 'design seats for the year',
    metadata: { category: 'software', cost_center: 'platform' },
  });
  const approvalId = held.approval?.approval_id ?? '';
  tell.acts(
    'agent',
    `asks for 6200.00 USD: ${painted(held.status)}, ${held.approval?.steps.length ?? 0} signatures needed`,
  );
  tell.findings(held.decision);
  tell.acts('agent', `waits: GET /v1/procurement/requests/...?wait=30`);
  const waiting = api
    .get<PurchaseRequest>(`/v1/procurement/requests/${held.request_id}?wait=30`, keys.agent)
    .then(({ body }) => ({ body, atMs: performance.now() }));
  const sign = (key: string, reference: string): Promise<Answer<{ code?: string }>> =>
    api.post<{ code?: string }>(`/v1/approvals/${approvalId}/approve`, key, {
      authorization_reference: reference,
    });
  const byAgent = await sign(keys.agent, 'SELF-1');
  tell.acts('agent', `tries to sign for itself: ${byAgent.status} ${codeOf(byAgent)}`);
  const tooEarly = await sign(keys.cfo, 'BOARD-7');
  tell.acts('cfo', `signs before finance: ${tooEarly.status} ${codeOf(tooEarly)}`);
  const finance = await sign(keys.finance, 'CAB-2291');
  tell.acts('finance', `signs with reference CAB-2291: ${finance.status}, one signature to go`);
  await sign(keys.cfo, 'BOARD-7');
  const signedMs = performance.now();
  tell.acts('cfo', 'signs with reference BOARD-7');
  const { body: resumed, atMs } = await waiting;
  const waitedMs = Math.max(0, Math.round(atMs - signedMs));
  tell.acts('agent', `its request came back ${painted(resumed.status)} ${waitedMs} ms after, with its card`);
  tell.path(await settledPurchase(stage, held.request_id));
  tell.claim(byAgent.status === 403, 'An agent cannot approve anything.');
  tell.claim(tooEarly.status >= 400, 'Signatures come in order.');
  tell.claim(
    resumed.status === 'approved' && resumed.checkout.card_id !== undefined,
    'The same request went on: nothing was submitted again.',
  );
  tell.claim(waitedMs < 2_000, 'The agent heard of it at once.');
}

/** The problem's stable code (RFC 9457 problem document). */
function codeOf({ body }: Answer<{ code?: string }>): string {
  return body.code ?? '';
}
