// http/parse-purchase.ts: from the body of a purchase request to what the gate takes. `metadata.category`,
// `metadata.cost_center`, `metadata.project` and `metadata.country` are the facts of those names.
import type { PurchaseRequestBody } from '@countersign/contract';
import { type CurrencyCode, parseCountry } from '@countersign/core';

import type { PrivateText, PurchaseInput } from '../gate/command.ts';
import { sourcingClaims } from '../gate/sourcing-rows.ts';
import type { Json } from '../record/recorder.ts';
import { parsedAmount, parsedCountry, parsedMoney, parsedRail } from './parse-amounts.ts';
import { invalidField } from './problem.ts';

export type Metadata = Readonly<Record<string, Json>>;

export function parsedPurchase(body: PurchaseRequestBody): PurchaseInput {
  const { amountMinor, currency } = parsedMoney(body.amount, body.currency);
  const metadata = (body.metadata ?? {}) as Metadata; // checked against the contract: texts, numbers and booleans
  const merchantCountry = body.merchant?.country;
  return {
    agentId: body.agent_id,
    policyId: body.policy_id ?? null,
    vendor: body.vendor,
    amountMinor,
    currency,
    category: factOf(metadata, 'category', body.category),
    costCenter: factOf(metadata, 'cost_center', body.cost_center),
    project: factOf(metadata, 'project', body.project),
    rail: body.rail === undefined ? null : parsedRail('rail', body.rail),
    merchant: {
      domain: body.merchant?.domain ?? null,
      mcc: body.merchant?.mcc ?? null,
      country:
        merchantCountry === undefined
          ? countryIn(metadata)
          : parsedCountry('merchant.country', merchantCountry),
    },
    commitmentType: body.commitment_type ?? 'purchase',
    sourcing: claimsOf(body, currency),
    replaces: body.replaces ?? null,
    expiresInSeconds: body.expires_in ?? null,
    privateText: privateTextOf(body, metadata, currency),
  };
}

function privateTextOf(body: PurchaseRequestBody, metadata: Metadata, currency: CurrencyCode): PrivateText {
  const { amount_details, line_items, estimated_contract_value } = body;
  for (const [name, amount] of Object.entries(amount_details ?? {}))
    checkAmount(`amount_details.${name}`, amount, currency);
  for (const [index, item] of (line_items ?? []).entries()) {
    checkAmount(`line_items[${index}].unit_amount`, item.unit_amount, currency);
    checkAmount(`line_items[${index}].amount`, item.amount, currency);
  }
  checkAmount('estimated_contract_value', estimated_contract_value, currency);
  return {
    intent: body.intent,
    metadata,
    ...(amount_details === undefined ? {} : { amount_details }), // plain JSON, just checked
    ...(line_items === undefined ? {} : { line_items }),
    ...(estimated_contract_value === undefined ? {} : { estimated_contract_value }),
  };
}

/** What the request cites and says of its value for sourcing rules. */
function claimsOf(body: PurchaseRequestBody, currency: CurrencyCode): PurchaseInput['sourcing'] {
  const minor = (field: string, amount: string | number | undefined): bigint | null =>
    amount === undefined ? null : parsedAmount(field, amount, currency, { allowZero: true });
  return sourcingClaims({
    commitmentType: body.commitment_type ?? null,
    tenderReference: body.tender_reference ?? null,
    frameworkId: body.framework_id ?? null,
    waiverId: body.waiver_id ?? null,
    netMinor: minor('amount_details.net', body.amount_details?.net),
    contractValueMinor: minor('estimated_contract_value', body.estimated_contract_value),
  });
}

function checkAmount(field: string, amount: string | number | undefined, currency: CurrencyCode): void {
  if (amount !== undefined) parsedAmount(field, amount, currency, { allowZero: true });
}

const FACT_LENGTH_MAX = 128;

/** A fact given in its own field or in the metadata; both only if they say the same. */
function factOf(metadata: Metadata, name: string, given: string | undefined): string | null {
  const inMetadata = metadataText(metadata, name);
  if (given !== undefined && inMetadata !== null && given !== inMetadata) {
    const message = `\`${name}\` and \`metadata.${name}\` differ.`;
    throw invalidField('invalid', { field: name, code: 'contradiction', message });
  }
  return given ?? inMetadata;
}

/** A text of the metadata that is a fact: null where it is not given. A number is its digits. */
export function metadataText(metadata: Metadata, name: string): string | null {
  const value = metadata[name];
  if (value === undefined) return null;
  if (typeof value !== 'string' && typeof value !== 'number') {
    const field = `metadata.${name}`;
    throw invalidField('invalid', { field, code: 'wrong_type', message: `\`${field}\` must be a text.` });
  }
  const text = String(value);
  if (text.trim() === '' || text.length > FACT_LENGTH_MAX) {
    const field = `metadata.${name}`;
    const message = `\`${field}\` must have 1 to ${FACT_LENGTH_MAX} characters.`;
    throw invalidField('invalid', {
      field,
      code: text.trim() === '' ? 'empty_text' : 'text_too_long',
      message,
    });
  }
  return text;
}

/** A country in the metadata that is none is no evidence, which the rules that need one deny. */
export function countryIn(metadata: Metadata): string | null {
  const value = metadata['country'];
  return typeof value === 'string' ? (parseCountry(value) ?? null) : null;
}
