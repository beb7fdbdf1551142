// rails/sandbox/sandbox-rail.ts: an issuer in the process: issues single-use cards with the decision itself.
// It simulates cards, bank transfers and stablecoins; cash and cheques are nobody's network.
import { hkdfSync } from 'node:crypto';

import type { Checkout } from '@countersign/core';

import type { RailAdapter } from '../rail-adapter.ts';
import { cardNumberOf } from './card-number.ts';

const NAME = 'sandbox';
const NOT_SIMULATED: ReadonlySet<string> = new Set(['cash', 'check', 'store_credit']);

export interface SandboxRailOptions {
  /** A secret of the installation, the same in every gateway; card numbers are derived from it. */
  readonly secret: Buffer;
  /** Milliseconds an unused card lives. */
  readonly cardValidForMs: number;
}

export function createSandboxRail(options: SandboxRailOptions): RailAdapter {
  const key = Buffer.from(hkdfSync('sha256', options.secret, '', 'countersign sandbox card numbers', 32));
  return {
    name: NAME,
    checkoutFor(rail, cardId): Checkout | null {
      if (NOT_SIMULATED.has(rail)) return null;
      const last4 = cardNumberOf(cardId, key).pan.slice(-4);
      return { method: 'card', provider: NAME, cardId, last4, validForMs: options.cardValidForMs };
    },
    reveal: (cardId) => cardNumberOf(cardId, key),
  };
}
