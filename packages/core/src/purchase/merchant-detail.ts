// purchase/merchant-detail.ts: what the record says of the merchant that a network reported.
import type { Merchant } from './state.ts';

export function merchantDetail(merchant: Merchant): Record<string, string | null> {
  return {
    mcc: merchant.mcc,
    merchant_country: merchant.country,
    merchant_domain: merchant.domain,
    merchant_id: merchant.merchantId,
    merchant_name: merchant.name,
    ...(merchant.registered === undefined ? {} : { merchant_registered: merchant.registered }),
  };
}
