// http/parse-check.ts: from the body of a check to what the gate takes. Evidence stands in the metadata under fixed
// names; what is given and cannot be read is a fault, what is not given is missing evidence for the rules.
import type { CheckBody } from '@countersign/contract';

import type { CheckInput } from '../gate/command.ts';
import { parsedAmount, parsedMoney, parsedRail } from './parse-amounts.ts';
import { type Metadata, countryIn, metadataText } from './parse-purchase.ts';
import { type ProblemError, invalidField } from './problem.ts';

const DAY_MS = 86_400_000;
const DAYS_MAX = 100_000;

export function parsedCheck(body: CheckBody, nowMs: number): CheckInput {
  const { amountMinor, currency } = parsedMoney(body.amount, body.currency);
  const metadata = (body.metadata ?? {}) as Metadata; // checked against the contract: texts, numbers and booleans
  const deal = metadata['deal_amount'];
  if (deal !== undefined && typeof deal !== 'string' && typeof deal !== 'number')
    throw wrongType('deal_amount', 'an amount');
  return {
    agentId: body.agent_id,
    policyId: body.policy_id,
    actionType: body.action_type,
    counterparty: body.counterparty,
    amountMinor,
    currency,
    rail: body.payment_method === undefined ? null : parsedRail('payment_method', body.payment_method),
    category: metadataText(metadata, 'category'),
    country: countryIn(metadata),
    mcc: mccIn(metadata),
    merchantDomain: body.merchant_or_vendor ?? null,
    daysSincePurchase: daysIn(metadata, nowMs),
    discountBasisPoints: discountIn(metadata),
    dealAmountMinor:
      deal === undefined ? null : parsedAmount('metadata.deal_amount', deal, currency, { allowZero: true }),
  };
}

function mccIn(metadata: Metadata): string | null {
  const mcc = metadataText(metadata, 'mcc');
  return mcc !== null && /^[0-9]{4}$/.test(mcc) ? mcc : null;
}

function daysIn(metadata: Metadata, nowMs: number): number | null {
  const days = metadata['days_since_purchase'];
  if (days !== undefined) {
    const number = typeof days === 'string' && /^[0-9]{1,6}$/.test(days) ? Number(days) : days;
    if (typeof number !== 'number') throw wrongType('days_since_purchase', 'a whole number of days');
    if (!Number.isInteger(number) || number < 0 || number > DAYS_MAX)
      throw outOfRange('days_since_purchase', `a whole number from 0 to ${DAYS_MAX}`);
    return number;
  }
  const date = metadata['purchase_date'];
  if (date === undefined) return null;
  const atMs =
    typeof date === 'string' && /^\d{4}-\d{2}-\d{2}(T.*)?$/.test(date) ? Date.parse(date) : Number.NaN;
  if (Number.isNaN(atMs)) throw wrongType('purchase_date', 'a date such as `2026-07-01`');
  if (atMs > nowMs) throw outOfRange('purchase_date', 'a day that is not in the future');
  return Math.floor((nowMs - atMs) / DAY_MS);
}

/** Hundredths of a percent; a finer share counts as the next one up, so that it never slips below a cap. */
function discountIn(metadata: Metadata): number | null {
  const percent = metadata['discount_percent'];
  if (percent === undefined) return null;
  const text = typeof percent === 'number' ? String(percent) : percent;
  if (typeof text !== 'string' || !/^[0-9]{1,4}(\.[0-9]{1,12})?$/.test(text)) {
    throw wrongType('discount_percent', 'a plain number such as `12.5`');
  }
  const [whole = '0', fraction = ''] = text.split('.');
  const finer = /[1-9]/.test(fraction.slice(2)) ? 1 : 0;
  return Number(whole) * 100 + Number(fraction.slice(0, 2).padEnd(2, '0')) + finer;
}

function wrongType(name: string, wanted: string): ProblemError {
  const field = `metadata.${name}`;
  return invalidField('invalid', { field, code: 'wrong_type', message: `\`${field}\` must be ${wanted}.` });
}

function outOfRange(name: string, wanted: string): ProblemError {
  const field = `metadata.${name}`;
  return invalidField('invalid', { field, code: 'out_of_range', message: `\`${field}\` must be ${wanted}.` });
}
