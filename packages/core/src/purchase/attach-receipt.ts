// purchase/attach-receipt.ts: a receipt is matched to its request and settlement; differences are flagged.
import { sameHost } from '../vendor-match.ts';
import { netCaptured } from './reconcile.ts';
import type { PurchaseState, Transition } from './state.ts';

export interface AttachReceipt {
  readonly receiptId: string;
  readonly vendor: string;
  readonly amountMinor: bigint;
  readonly currency: string;
  /** SHA-256 of the file, hex; the file itself is kept by whoever has it. */
  readonly sha256: string | null;
}

export function receiptFlags(state: PurchaseState, receipt: AttachReceipt): string[] {
  const flags: string[] = [];
  const settled = state.authorizations.reduce((sum, authorization) => sum + netCaptured(authorization), 0n);
  const expected = settled > 0n ? settled : state.action.amountMinor;
  if (receipt.currency !== state.action.currency) flags.push('receipt_currency_differs');
  else if (receipt.amountMinor !== expected) flags.push('receipt_amount_differs');
  const vendor = state.action.counterparty;
  if (receipt.vendor !== vendor && !sameHost(receipt.vendor, vendor)) flags.push('receipt_vendor_differs');
  return flags;
}

export function attachReceipt(state: PurchaseState, receipt: AttachReceipt): Transition {
  return {
    ok: true,
    state,
    events: [
      {
        type: 'receipt.attached',
        transfers: [],
        findings: null,
        detail: {
          receipt_id: receipt.receiptId,
          amount_minor: receipt.amountMinor.toString(),
          currency: receipt.currency,
          sha256: receipt.sha256,
          vendor: receipt.vendor,
          flags: receiptFlags(state, receipt),
        },
      },
    ],
  };
}
