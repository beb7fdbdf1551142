// decision-cases.test.ts: runs every case of fixtures/decisions (its README says what a case means).
import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Action, ActionType, Stage } from './action.ts';
import { type CurrencyCode, parseCurrency } from './currency.ts';
import { decide, decidePolicies } from './decide.ts';
import type { AgentFacts, BudgetFacts, DecisionFacts } from './decision-facts.ts';
import type { ExchangeRateFact } from './exchange/convert.ts';
import { type Finding, outcomeOf } from './finding.ts';
import { parsePolicy } from './policy/parse-policy.ts';
import { RULE_TYPES } from './policy/rule-types.ts';
import type { CompiledPolicy } from './policy/rule.ts';
import {
  type CaseClaims,
  type CaseFacts,
  caseMinor,
  claimsOfCase,
  factsOfCase,
} from './testing/case-facts.ts';
import { exampleAction, exampleFacts } from './testing/example-facts.ts';

interface CaseAction extends CaseClaims {
  subject?: 'purchase' | 'check';
  type?: ActionType;
  policy_id?: string | null;
  counterparty?: string;
  amount?: string;
  currency?: string;
  category?: string;
  cost_center?: string;
  project?: string;
  rail?: string;
  country?: string | null;
  mcc?: string;
  merchant_domain?: string;
  days_since_purchase?: number;
  discount_percent?: number;
  deal_amount?: string;
}

interface CaseBudget {
  budget_id: string;
  currency: string;
  limit: string;
  pending?: string;
  committed?: string;
  spent?: string;
  own?: string;
  cap?: { policy_id: string; rule_id: string };
}

interface ExpectedFinding {
  rule?: string;
  control?: string;
  reason: string;
}

interface DecisionCase {
  name: string;
  rules?: unknown[];
  policy?: string;
  action: CaseAction;
  at: string;
  stage?: Stage;
  duplicate_at?: string | null;
  signed_steps?: string[];
  agent?: {
    status?: 'active' | 'suspended';
    bindings?: {
      policies?: string[];
      cost_centers?: string[];
      projects?: string[];
      default_policy?: string;
      default_cost_center?: string;
      default_project?: string;
    };
  };
  budgets?: CaseBudget[];
  exchange?: { from: string; to: string; rate: string; stale_since?: string }[];
  facts?: CaseFacts;
  expected: { outcome: string; findings: ExpectedFinding[] };
}

const fixtures = new URL('../../../fixtures/', import.meta.url);
const files = readdirSync(new URL('decisions/', fixtures)).filter((name) => name.endsWith('.json'));

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, fixtures), 'utf8'));
}

const cases = files.flatMap((file) => {
  const content = readJson(`decisions/${file}`) as { cases: DecisionCase[] };
  return content.cases.map((decisionCase) => ({
    ...decisionCase,
    file,
    title: `${file}: ${decisionCase.name}`,
  }));
});

describe('the decision cases', () => {
  for (const decisionCase of cases) {
    it(decisionCase.title, () => {
      const findings = findingsOf(decisionCase);
      const { expected } = decisionCase;
      expect({
        outcome: outcomeOf(findings),
        findings: findings.map((finding, index) => shownAs(finding, expected.findings[index])),
      }).toEqual(expected);
      for (const finding of findings) expectExplained(finding);
    });
  }

  it('have a name of their own each', () => {
    expect(new Set(cases.map(({ title }) => title)).size).toBe(cases.length);
  });

  it('exercise every rule type, each with a pass and with something else', () => {
    const seen = new Map<string, Set<string>>();
    for (const decisionCase of cases) {
      for (const finding of findingsOf(decisionCase)) {
        seen.set(finding.control, (seen.get(finding.control) ?? new Set()).add(finding.outcome));
      }
    }
    for (const ruleType of RULE_TYPES.keys()) {
      expect([ruleType, (seen.get(ruleType)?.size ?? 0) > 1]).toEqual([ruleType, true]);
    }
  });
});

function findingsOf(decisionCase: DecisionCase): readonly Finding[] {
  const action = actionOf(decisionCase.action);
  const nowMs = Date.parse(decisionCase.at);
  const facts: DecisionFacts = exampleFacts({
    stage: decisionCase.stage ?? 'request',
    agent: agentOf(decisionCase),
    policies: policiesOf(decisionCase),
    budgets: (decisionCase.budgets ?? [{ budget_id: 'b1', currency: 'USD', limit: '1000.00' }]).map(budgetOf),
    duplicateAtMs: decisionCase.duplicate_at == null ? null : Date.parse(decisionCase.duplicate_at),
    exchange: { rates: (decisionCase.exchange ?? []).map(rateOf) },
    signedSteps: decisionCase.signed_steps ?? [],
    ...(decisionCase.facts === undefined ? {} : factsOfCase(decisionCase.facts, action, nowMs)),
  });
  return action.subject === 'purchase'
    ? decide(action, facts, nowMs).findings
    : decidePolicies(action, facts.policies, facts, nowMs);
}

function rateOf({
  from,
  to,
  rate,
  stale_since: staleSince,
}: NonNullable<DecisionCase['exchange']>[number]): ExchangeRateFact {
  return {
    from,
    to,
    rate,
    date: '2026-03-04',
    source: 'test',
    methodology: 'daily_close',
    via: null,
    staleSinceMs: staleSince === undefined ? null : Date.parse(staleSince),
  };
}

function policiesOf({ rules, policy }: DecisionCase): readonly CompiledPolicy[] {
  if (rules === undefined && policy === undefined) return [];
  const document =
    policy === undefined
      ? { policy_id: 'policy_under_test', name: 'Policy under test', rules }
      : readJson(`policies/${policy}.json`);
  const parsed = parsePolicy(document, 1);
  if (!parsed.ok) throw new Error(`the policy of the case does not parse: ${JSON.stringify(parsed.faults)}`);
  return [parsed.policy];
}

function actionOf(given: CaseAction): Action {
  const currency = given.currency ?? 'USD';
  const percent = given.discount_percent;
  return exampleAction({
    subject: given.subject ?? 'check',
    type: given.type ?? 'spend',
    policyId: given.policy_id ?? null,
    counterparty: given.counterparty ?? 'vendor_acme',
    amountMinor: caseMinor(given.amount ?? '100.00', currency),
    currency: currencyOf(currency),
    category: given.category ?? null,
    costCenter: given.cost_center ?? null,
    project: given.project ?? null,
    rail: given.rail ?? null,
    country: given.country ?? null,
    mcc: given.mcc ?? null,
    merchantDomain: given.merchant_domain ?? null,
    daysSincePurchase: given.days_since_purchase ?? null,
    discountBasisPoints: percent === undefined ? null : Math.round(percent * 100),
    dealAmountMinor: given.deal_amount === undefined ? null : caseMinor(given.deal_amount, currency),
    sourcing: claimsOfCase(given, currency),
  });
}

function agentOf({ agent }: DecisionCase): AgentFacts {
  const given = agent?.bindings ?? {};
  return {
    agentId: 'agent_1',
    status: agent?.status ?? 'active',
    bindings: {
      ...(given.policies && { policies: given.policies }),
      ...(given.cost_centers && { costCenters: given.cost_centers }),
      ...(given.projects && { projects: given.projects }),
      ...(given.default_policy && { defaultPolicy: given.default_policy }),
      ...(given.default_cost_center && { defaultCostCenter: given.default_cost_center }),
      ...(given.default_project && { defaultProject: given.default_project }),
    },
  };
}

function budgetOf(given: CaseBudget, index: number): BudgetFacts {
  const minor = (amount = '0'): bigint => caseMinor(amount, given.currency);
  return {
    budgetId: given.budget_id,
    periodId: BigInt(index + 1),
    currency: given.currency,
    limitMinor: minor(given.limit),
    pendingMinor: minor(given.pending),
    committedMinor: minor(given.committed),
    spentMinor: minor(given.spent),
    ownMinor: minor(given.own),
    cap: given.cap === undefined ? null : { policyId: given.cap.policy_id, ruleId: given.cap.rule_id },
  };
}

function currencyOf(text: string): CurrencyCode {
  const currency = parseCurrency(text);
  if (currency === undefined) throw new Error(`the case has an unknown currency: ${text}`);
  return currency;
}

/** A finding in the words of a case: under what it is expected to be named, else under all its names. */
function shownAs(finding: Finding, expected: ExpectedFinding | undefined): ExpectedFinding {
  const byRule = finding.ruleId !== null && (expected === undefined || expected.rule !== undefined);
  const byControl = finding.ruleId === null || expected?.control !== undefined;
  return {
    ...(byControl && { control: finding.control }),
    ...(byRule && finding.ruleId !== null && { rule: finding.ruleId }),
    reason: finding.reasonCode,
  };
}

function expectExplained(finding: Finding): void {
  if (finding.outcome === 'pass') return;
  expect(finding.message).toMatch(/\S.*\.$/s);
  expect(finding.nextStep).toMatch(/\S.*\.$/s);
  expect(finding.message).not.toMatch(/undefined|\[object|NaN/);
}
