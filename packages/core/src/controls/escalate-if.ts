// escalate-if.ts: above this amount a human signs first. Clause: AG-642 4.5. All stages; the listed action types,
// or all. Strictly above: the threshold itself needs nobody. A discount is measured by the deal it is given on
// (`metadata.deal_amount`) when that is given, and never by less than the discount itself.
// Without `currency` the number is compared in the action's own currency. Missing evidence: another currency.
import type { Action, ActionType } from '../action.ts';
import type { CurrencyCode } from '../currency.ts';
import { currencyDigits, parseCurrency } from '../currency.ts';
import { formatMoney } from '../money.ts';
import { nextStepOfHold } from '../policy/evaluate-rule.ts';
import { isIdentifier } from '../policy/json-document.ts';
import { ParameterReader } from '../policy/parameter-reader.ts';
import type { RuleControl } from '../policy/rule.ts';

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
    return reader.finish(() => {
      const thresholdIn = thresholdByCurrency(thresholdText);
      return {
        evaluate(action) {
          if (actionTypes !== null && !actionTypes.includes(action.type)) return null;
          const actionCurrency = parseCurrency(action.currency);
          if (actionCurrency === undefined || (currency !== null && currency !== actionCurrency)) {
            return {
              kind: 'missing',
              evidence: 'currency',
              message:
                currency === null
                  ? `\`${action.currency}\` is not a currency that is known here, so the amount cannot be compared.`
                  : `The threshold is in \`${currency}\` and the amount in \`${action.currency}\`: they cannot be compared.`,
            };
          }
          const measuredMinor = measuredMinorOf(action);
          const threshold = thresholdIn(actionCurrency);
          const observed = formatMoney(measuredMinor, actionCurrency);
          if (measuredMinor <= threshold.minor) return { kind: 'pass', observed, limit: threshold.text };
          return {
            kind: 'escalate',
            reasonCode: 'escalation_threshold_exceeded',
            message: `${observed} is above ${threshold.text}, so a human has to approve it.`,
            observed,
            limit: threshold.text,
            nextStep: nextStepOfHold(action),
            approvers,
          };
        },
      };
    });
  },
};

function readApprovers(reader: ParameterReader): readonly string[] | null {
  if (!reader.has('approvers')) return null;
  return reader.list('approvers', (entry) =>
    isIdentifier(entry)
      ? { ok: true, value: entry }
      : { ok: false, code: 'invalid_id', message: `\`${entry}\` is not the id of an approver.` },
  );
}

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
