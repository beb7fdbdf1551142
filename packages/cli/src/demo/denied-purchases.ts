// demo/denied-purchases.ts: every reason at once, with the next step; and vendors that only look like an approved one.
import type { PurchaseRequest } from '@countersign/contract';

import { painted } from '../terminal/style.ts';
import { table } from '../terminal/table.ts';
import { AGENT, type Stage } from './stage.ts';

export async function aDeniedPurchase({ api, tell, keys }: Stage): Promise<void> {
  tell.chapter(3, 'A denied purchase says all that is wrong');
  const { status, body } = await api.post<PurchaseRequest>('/v1/procurement/requests', keys.agent, {
    agent_id: AGENT,
    policy_id: 'pol_procurement',
    vendor: 'lucky-chips',
    amount: '48000.00',
    currency: 'usd',
    intent: 'team event',
    rail: 'wire',
    metadata: { category: 'gambling', cost_center: 'platform' },
  });
  tell.acts('agent', `asks for 48000.00 USD by wire: ${status} with status ${painted(body.status)}`);
  tell.findings(body.decision);
  const codes = new Set(
    body.decision.findings.filter(({ outcome }) => outcome === 'deny').map((finding) => finding.reason_code),
  );
  tell.claim(codes.size >= 5, `${codes.size} different reasons in one answer, each with its next step.`);
}

// The fourth is Cyrillic: its first letter is U+0430.
const LOOK_ALIKES = [
  'aws.amazon.com.evil.io',
  'evil-aws.amazon.com',
  'amazon.com',
  '\u0430ws',
  'AWS ',
  'https://aws.amazon.com',
];

export async function lookAlikes({ api, tell, keys }: Stage): Promise<void> {
  tell.chapter(4, 'Vendors are matched exactly, never by resemblance');
  tell.say(
    'The list admits `aws`, `aws.amazon.com`, `figma.com` and `*.example.com`. These try to pass for one:',
  );
  const rows: string[][] = [];
  let refused = 0;
  for (const [index, vendor] of LOOK_ALIKES.entries()) {
    const { status, body } = await api.post<PurchaseRequest>('/v1/procurement/requests', keys.agent, {
      agent_id: AGENT,
      policy_id: 'pol_procurement',
      vendor,
      amount: `${10 + index}.00`,
      currency: 'usd',
      intent: 'renewal',
      metadata: { category: 'cloud', cost_center: 'platform' },
    });
    const isRefused = status >= 400 || body.status === 'denied';
    if (isRefused) refused += 1;
    const reason = status >= 400 ? `${status} invalid` : body.decision.reason_code;
    rows.push([shown(vendor), painted(isRefused ? 'denied' : 'approved'), reason]);
  }
  tell.raw(table([{ title: 'vendor' }, { title: '' }, { title: 'reason' }], rows));
  tell.claim(refused === LOOK_ALIKES.length, 'None of them got through.');
}

/** Letters that are not ASCII with their code point, so that they can be told apart. */
function shown(vendor: string): string {
  const foreign = Array.from(vendor).filter((letter) => letter > '~');
  const points = foreign.map(
    (letter) => ` (U+${letter.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')})`,
  );
  return `"${vendor}"${points.join('')}`;
}
