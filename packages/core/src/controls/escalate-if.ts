// escalate-if.ts: above this amount a human signs first. Clause: AG-642 4.5. All stages; the listed action types,
// or all. Strictly above: the threshold itself needs nobody. A discount is measured by the deal it is given on
// (`metadata.deal_amount`) when that is given, and never by less than the discount itself.
// Without `currency` the number is compared in the action's own currency. A purchase is measured with what it is related
// to (AG-642 4.4). Missing evidence: another currency without a rate to the threshold's.
import type { Action, ActionType } from '../action.ts';
import type { CurrencyCode } from '../currency.ts';
import { currencyDigits, parseCurrency } from '../currency.ts';
import { formatMoney } from '../money.ts';
import { nextStepOfHold } from '../policy/evaluate-rule.ts';
import { ParameterReader } from '../policy/parameter-reader.ts';
import { readApprovers, readRouting } from '../policy/read-routing.ts';
import type { RuleControl } from '../policy/rule.ts';
import { aggregateFor } from '../related/aggregate-for.ts';

const ACTION_TYPES = ['spend', 'refund', 'credit', 'discount'] as const satisfies readonly ActionType[];

export const escalateIf: RuleControl = {
  ruleType: 'escalate_if',
  stages: ['request', 'execution', 'authorization'],
  clause: 'AG-642 4.5',
  compile(parameters, pointer) {
    const reader = new ParameterReader(parameters, pointer);
    const thresholdText = reader.decimal('amount_above');
    const currency = reader.optionalCurrency('currency');
    const actionTypes = reader.optionalChoiceList('action_types', ACTION_TYPES);
    const approvers = readApprovers(reader);
    const routing = readRouting(reader, approvers);
    return reader.finish(() => {
      const thresholdIn = thresholdByCurrency(thresholdText);
      return {
        watchedThreshold: (action) => {
          if (actionTypes !== null && !actionTypes.includes(action.type)) return null;
          const at = currency ?? parseCurrency(action.currency);
          return at === undefined ? null : { amountMinor: thresholdIn(at).minor, currency: at };
        },
        evaluate(action, facts) {
          if (actionTypes !== null && !actionTypes.includes(action.type)) return null;
          const thresholdCurrency = currency ?? parseCurrency(action.currency);
          if (thresholdCurrency === undefined) {
            return {
              kind: 'missing',
              evidence: 'currency',
              message: `\`${action.currency}\` is not a currency that is known here, so the amount cannot be compared.`,
            };
          }
          const threshold = thresholdIn(thresholdCurrency);
          const measured = { ...action, amountMinor: measuredMinorOf(action) };
          const aggregate = aggregateFor(measured, facts, {
            amountMinor: threshold.minor,
            currency: thresholdCurrency,
          });
          if (!aggregate.ok) {
            const message = `The threshold is in \`${thresholdCurrency}\` and the amount in \`${action.currency}\`: they cannot be compared. ${aggregate.message}`;
            const isStale = aggregate.reasonCode === 'exchange_rate_stale';
            return {
              kind: 'missing',
              evidence: 'currency',
              message,
              ...(isStale ? { reasonCode: aggregate.reasonCode } : null),
            };
          }
          const observed = formatMoney(aggregate.totalMinor, thresholdCurrency);
          if (aggregate.totalMinor <= threshold.minor)
            return { kind: 'pass', observed, limit: threshold.text };
          const isSplit = aggregate.ownMinor <= threshold.minor;
          return {
            kind: 'escalate',
            reasonCode: isSplit ? 'split_order_detected' : 'escalation_threshold_exceeded',
            message: isSplit
              ? `With the purchases it belongs to this comes to ${observed}, above ${threshold.text}, so a human has to approve it.`
              : `${observed} is above ${threshold.text}, so a human has to approve it.`,
            observed,
            limit: threshold.text,
            nextStep: nextStepOfHold(action),
            approvers,
            ...(routing === undefined ? null : { routing }),
            ...(aggregate.requestIds.length === 0 ? null : { relatedRequestIds: aggregate.requestIds }),
          };
        },
      };
    });
  },
};

function measuredMinorOf(action: Action): bigint {
  if (action.type !== 'discount' || action.dealAmountMinor === null) return action.amountMinor;
  return action.dealAmountMinor > action.amountMinor ? action.dealAmountMinor : action.amountMinor;
}

/**
 * The threshold in minor units of each currency that turns up. Digits a currency does not have are cut off, which
 * is exact: a whole number of minor units is above 0.5 of one just when it is above 0.
 */
function thresholdByCurrency(
  decimalText: string,
): (currency: CurrencyCode) => { minor: bigint; text: string } {
  const [integer = '0', fraction = ''] = decimalText.split('.');
  const known = new Map<CurrencyCode, { minor: bigint; text: string }>();
  return (currency) => {
    const found = known.get(currency);
    if (found !== undefined) return found;
    const digits = currencyDigits(currency);
    const minor = BigInt(integer + fraction.slice(0, digits).padEnd(digits, '0'));
    const threshold = { minor, text: formatMoney(minor, currency) };
    known.set(currency, threshold);
    return threshold;
  };
}
