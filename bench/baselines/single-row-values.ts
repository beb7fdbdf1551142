// bench/baselines/single-row-values.ts: one decision's rows as parameters of single-row statements.
import type { DecisionRows, RowSource } from '../decision-rows.ts';

export interface SingleRowValues {
  readonly request: unknown[];
  readonly claim: unknown[];
  readonly card: unknown[] | null;
  readonly approval: unknown[] | null;
  /** Period ids, accounts given up, accounts taken to, amounts. */
  readonly transfers: readonly [bigint[], string[], string[], bigint[]];
  readonly pendingMinor: bigint;
  readonly committedMinor: bigint;
  readonly typeCode: Buffer;
}

export function singleRowValues(rows: DecisionRows): SingleRowValues {
  const { request, claim, card, approval, transfers } = rows;
  const typeCode = Buffer.alloc(4);
  typeCode.writeInt32BE(rows.typeCode);
  const takenTo = (account: string): bigint => (transfers[0]?.to === account ? transfers[0].amountMinor : 0n);
  return {
    request: [
      request.requestId,
      request.agentId,
      request.fingerprint,
      request.vendor,
      request.currency,
      request.amountMinor,
      request.privateText,
      new Date(request.createdAtMs),
      request.status,
      request.checkoutStatus,
      [...request.reservedPeriods],
      request.reservedMinor,
      request.approvedBy,
    ],
    claim: [claim.keyHash, claim.bodyHash, claim.resourceId],
    card:
      card === null
        ? null
        : [card.cardId, card.rail, card.provider, card.status, card.last4, new Date(card.expiresAtMs)],
    approval:
      approval === null
        ? null
        : [
            approval.approvalId,
            approval.requestId,
            approval.status,
            Buffer.from(approval.termsHash, 'hex'),
            JSON.stringify(approval.steps),
            new Date(approval.createdAtMs),
            new Date(approval.expiresAtMs),
          ],
    transfers: [
      transfers.map((transfer) => transfer.periodId),
      transfers.map((transfer) => transfer.from),
      transfers.map((transfer) => transfer.to),
      transfers.map((transfer) => transfer.amountMinor),
    ],
    pendingMinor: takenTo('pending'),
    committedMinor: takenTo('committed'),
    typeCode,
  };
}

/** A promise row is one for each transaction, so here one for each decision; `sequence` from 0. */
export function promiseValues({ gatewayId, promise }: RowSource, sequence: number): unknown[] {
  return [gatewayId, sequence, promise];
}
