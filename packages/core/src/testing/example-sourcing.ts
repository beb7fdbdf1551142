// testing/example-sourcing.ts: ordinary sourcing facts for tests, to be changed where a test looks.
// Must not be used by anything but tests.
import type { Action, Stage } from '../action.ts';
import { decide } from '../decide.ts';
import type { BudgetFacts, DecisionFacts } from '../decision-facts.ts';
import type { Finding } from '../finding.ts';
import { ceilingId } from '../sourcing/ceiling.ts';
import { parseSourcingPolicy } from '../sourcing/parse-sourcing-policy.ts';
import type {
  FrameworkAgreement,
  SourcingFacts,
  SourcingWaiver,
  TenderRecord,
} from '../sourcing/sourcing-facts.ts';
import type { CompiledSourcingPolicy } from '../sourcing/sourcing-policy.ts';
import { EXAMPLE_NOW_MS, exampleAction, exampleBudget, exampleFacts } from './example-facts.ts';

export const STAGES = ['request', 'execution', 'authorization'] as const satisfies readonly Stage[];

function exampleSourcingPolicy(document: object): CompiledSourcingPolicy {
  const parsed = parseSourcingPolicy('default', document, 1);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return parsed.policy;
}

/** One policy, in Germany, and nothing to rest on. */
export function exampleSourcing(document: object, changes: Partial<SourcingFacts> = {}): SourcingFacts {
  return {
    policies: [exampleSourcingPolicy(document)],
    jurisdictions: ['DE', 'EU', '*'],
    tender: null,
    framework: null,
    waivers: [],
    ...changes,
  };
}

/** 1,000.00 USD for anything, won by the example action's vendor, valid for the day around the example's now. */
export function exampleTender(changes: Partial<TenderRecord> = {}): TenderRecord {
  return {
    tenderReference: 'T-1',
    version: 1,
    winner: 'vendor_acme',
    category: null,
    jurisdiction: null,
    ceilingMinor: 100_000n,
    currency: 'USD',
    validFromMs: EXAMPLE_NOW_MS - 1_000,
    validUntilMs: EXAMPLE_NOW_MS + 1_000,
    ...changes,
  };
}

export function exampleFramework(changes: Partial<FrameworkAgreement> = {}): FrameworkAgreement {
  return {
    frameworkId: 'F-1',
    version: 1,
    supplier: 'vendor_acme',
    categories: null,
    ceilingMinor: 100_000n,
    currency: 'USD',
    perCallOffMaxMinor: null,
    validFromMs: EXAMPLE_NOW_MS - 1_000,
    validUntilMs: EXAMPLE_NOW_MS + 1_000,
    agents: null,
    teams: null,
    isPreApproved: true,
    ...changes,
  };
}

export function exampleWaiver(changes: Partial<SourcingWaiver> = {}): SourcingWaiver {
  return {
    waiverId: 'wvr_1',
    agentId: null,
    supplier: 'vendor_acme',
    category: null,
    jurisdiction: null,
    upToMinor: 100_000n,
    currency: 'USD',
    validUntilMs: EXAMPLE_NOW_MS + 1_000,
    ...changes,
  };
}

/** The total of a ceiling as the ledger has it. */
export function exampleCeiling(
  kind: 'tender' | 'waiver' | 'framework',
  id: string,
  changes: Partial<BudgetFacts> = {},
): BudgetFacts {
  return exampleBudget({
    budgetId: ceilingId(kind, id),
    periodId: 2n,
    limitMinor: 100_000n,
    cap: { policyId: '', ruleId: '' },
    ...changes,
  });
}

/** Of one control, what it says of a purchase. */
export function findingsOfControl(
  control: string,
  action: Partial<Action>,
  facts: Partial<DecisionFacts>,
  nowMs = EXAMPLE_NOW_MS,
): readonly Finding[] {
  const { findings } = decide(exampleAction(action), exampleFacts(facts), nowMs);
  return findings.filter((finding) => finding.control === control);
}

/** `outcome reason` of each. */
export function sayingsOf(
  control: string,
  action: Partial<Action>,
  facts: Partial<DecisionFacts>,
  nowMs = EXAMPLE_NOW_MS,
): string[] {
  return findingsOfControl(control, action, facts, nowMs).map(
    ({ outcome, reasonCode }) => `${outcome} ${reasonCode}`,
  );
}
