// gate/command-values.ts: what a command is made of, for those who drive the gate in their own process: amounts,
// currencies, countries, rails and time zones are core's, so that nobody parses them another way.
export {
  type CurrencyCode,
  formatAmount,
  isTimeZone,
  parseAmount,
  parseCountry,
  parseCurrency,
  parseRail,
} from '@countersign/core';
