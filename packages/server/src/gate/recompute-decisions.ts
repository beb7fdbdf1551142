// gate/recompute-decisions.ts: the auditor's check of the decisions themselves: each is made again from the facts in its
// log entry and the policies it names, by this core, and must come out as it was recorded.
// Reads only, a page at a time. Must not read a row of state: what a decision was made from stands in the log.
import { canonicalJson } from '@countersign/audit';
import {
  type BudgetFacts,
  CORE_VERSION,
  type CompiledPolicy,
  type DecisionFacts,
  type DecisionOutcome,
  type SourcingFacts,
  NO_EXCHANGE,
  decide,
  decideCheck,
  parsePolicy,
} from '@countersign/core';
import type { Pool } from 'pg';

import { queryRows } from '../db/query-rows.ts';
import { type FindFirstEntriesRow, findFirstEntries } from '../ledger/find-first-entries.ts';
import { type FoundPolicyRow, findPolicyVersion } from '../ledger/find-policy-version.ts';
import { type ReadLogEntriesRow, readLogEntries } from '../ledger/read-log-entries.ts';
import { type AllocationFactsRow, allocationOfRow } from './allocation-facts.ts';
import { type StoredAuthority, authorityOfBody } from './authority-body.ts';
import { StoredSourcing } from './stored-sourcing.ts';
import type { SourcingFactsRow } from './sourcing-rows.ts';
import { type Body, actionOfTerms, decisionBody } from './entry-body.ts';
import { type RateRow, rateOfRow } from './exchange-rows.ts';
import { type VelocityReviewRow, velocityReviewOfRow } from './velocity-reviews.ts';
import { type ReviewRow, type SupplierRow, reviewOfRow, supplierOfRow } from './supplier-rows.ts';
import { type StoredRelated, relatedOfBody } from './related-body.ts';

export interface DecisionDifference {
  readonly entryId: bigint;
  readonly subjectId: string;
  readonly recorded: DecisionOutcome;
  /** null: it could not be made again, for the reason given. */
  readonly recomputed: DecisionOutcome | null;
  readonly reason: string;
}

export interface RecomputeReport {
  /** Decisions that were made again. */
  readonly checked: number;
  /** Decisions by another version of the core, which only that version can make again. */
  readonly otherCore: number;
  readonly differenceCount: number;
  /** The first of them. */
  readonly differences: readonly DecisionDifference[];
}

export interface RecomputeOptions {
  readonly onProgress?: (progress: { readonly entryId: bigint; readonly checked: number }) => void;
  /** How many differences the report holds; the count goes on. Default 1,000. */
  readonly differencesKeptMax?: number;
}

/** As `decisionBody` wrote it. */
interface StoredDecision {
  readonly configuration_version: number;
  readonly core_version: string;
  readonly decided_at?: number;
  readonly facts: {
    readonly agent_status: DecisionFacts['agent']['status'];
    readonly allocations?: readonly AllocationFactsRow[];
    readonly authority?: StoredAuthority;
    readonly bindings?: DecisionFacts['agent']['bindings'];
    readonly budgets: readonly (readonly [string, number, ...string[]])[];
    readonly duplicate_at?: number;
    readonly exchange?: readonly RateRow[];
    readonly jurisdiction?: string;
    readonly related?: StoredRelated;
    readonly pending_approvals?: readonly [count: number, limit: number];
    readonly signed_steps?: readonly string[];
    readonly sourcing?: SourcingFactsRow;
    readonly stage: DecisionFacts['stage'];
    readonly supplier?: SupplierRow;
    readonly supplier_review?: ReviewRow;
    readonly velocity_reviews?: readonly VelocityReviewRow[];
  };
  readonly outcome: DecisionOutcome;
  readonly policies: readonly (readonly [string, number])[];
}

interface StoredEntry {
  readonly type: string;
  readonly at: string;
  readonly terms?: Body;
  readonly decision?: StoredDecision;
}

const PAGE = 500;
const DIFFERENCES_KEPT_MAX = 1_000;

/** Makes every decision of the log again. Rejects only when the database cannot be read. */
export async function recomputeDecisions(
  pool: Pool,
  options: RecomputeOptions = {},
): Promise<RecomputeReport> {
  const published = { policies: new StoredPolicies(pool), sourcing: new StoredSourcing(pool) };
  const differences: DecisionDifference[] = [];
  let [checked, otherCore, differenceCount] = [0, 0, 0];
  let after = 0n;
  for (;;) {
    const rows = await queryRows<ReadLogEntriesRow>(pool, readLogEntries({ after, limit: PAGE }));
    const decided = rows.flatMap((row) => {
      const entry = JSON.parse(row.body.toString('utf8')) as StoredEntry; // what it lacks is found out below
      return entry.decision === undefined ? [] : [{ row, entry, decision: entry.decision }];
    });
    const terms = await termsOfSubjects(
      pool,
      decided.flatMap(({ row, entry }) => (entry.terms === undefined ? [row.subject_id] : [])),
    );
    for (const { row, entry, decision } of decided) {
      if (decision.core_version !== CORE_VERSION) {
        otherCore += 1;
        continue;
      }
      checked += 1;
      const again = await decideAgain(entry, decision, entry.terms ?? terms.get(row.subject_id), published);
      if (again === null) continue;
      differenceCount += 1;
      if (differences.length >= (options.differencesKeptMax ?? DIFFERENCES_KEPT_MAX)) continue;
      const { entry_id: entryId, subject_id: subjectId } = row;
      differences.push({ entryId, subjectId, recorded: decision.outcome, ...again });
    }
    const last = rows.at(-1);
    if (last === undefined) return { checked, otherCore, differenceCount, differences };
    after = last.entry_id;
    options.onProgress?.({ entryId: after, checked });
  }
}

/** Documents as they were published, in the versions that decisions name. */
interface Published {
  readonly policies: StoredPolicies;
  readonly sourcing: StoredSourcing;
}

/** null: it comes out the same. */
async function decideAgain(
  entry: StoredEntry,
  stored: StoredDecision,
  terms: Body | undefined,
  published: Published,
): Promise<Pick<DecisionDifference, 'recomputed' | 'reason'> | null> {
  try {
    if (terms === undefined) throw new Error('the log has no terms for it');
    const isCheck = entry.type.startsWith('check.');
    const action = actionOfTerms(isCheck ? 'check' : 'purchase', terms);
    const { policies, sourcing } = published;
    const facts = factsOf(stored, action.agentId, {
      policies: await policies.compiled(stored.policies),
      sourcing: stored.facts.sourcing === undefined ? null : await sourcing.facts(stored.facts.sourcing),
    });
    const nowMs = stored.decided_at ?? Date.parse(entry.at);
    const { outcome, findings } = (isCheck ? decideCheck : decide)(action, facts, nowMs);
    const again = decisionBody(outcome, findings, facts, {
      configurationVersion: BigInt(stored.configuration_version),
      atMs: stored.decided_at ?? null,
    });
    if (textOf(again) === textOf(stored)) return null;
    const fields = Object.keys({ ...again, ...stored }).filter(
      (name) => textOf(again[name]) !== textOf(Reflect.get(stored, name)),
    );
    return { recomputed: outcome, reason: `it differs in ${fields.sort().join(', ')}` };
  } catch (error) {
    return { recomputed: null, reason: error instanceof Error ? error.message : String(error) };
  }
}

function factsOf(
  { facts }: StoredDecision,
  agentId: string,
  {
    policies,
    sourcing,
  }: { readonly policies: readonly CompiledPolicy[]; readonly sourcing: SourcingFacts | null },
): DecisionFacts {
  return {
    stage: facts.stage,
    agent: { agentId, status: facts.agent_status, bindings: facts.bindings ?? {} },
    policies,
    budgets: facts.budgets.map(budgetOf),
    ...(facts.allocations === undefined ? {} : { allocations: facts.allocations.map(allocationOfRow) }),
    duplicateAtMs: facts.duplicate_at ?? null,
    jurisdiction: facts.jurisdiction ?? null,
    authority: authorityOfBody(facts.authority),
    related: relatedOfBody(facts.related),
    exchange: facts.exchange === undefined ? NO_EXCHANGE : { rates: facts.exchange.map(rateOfRow) },
    supplier: facts.supplier === undefined ? null : supplierOfRow(facts.supplier),
    supplierReview: facts.supplier_review === undefined ? null : reviewOfRow(facts.supplier_review),
    ...(facts.velocity_reviews === undefined
      ? {}
      : { velocityReviews: facts.velocity_reviews.map(velocityReviewOfRow) }),
    ...(sourcing === null ? null : { sourcing }),
    signedSteps: facts.signed_steps ?? [],
    ...pendingApprovalsOf(facts.pending_approvals),
  };
}

function pendingApprovalsOf(
  pair: StoredDecision['facts']['pending_approvals'],
): Pick<DecisionFacts, 'pendingApprovals'> | null {
  return pair === undefined ? null : { pendingApprovals: { count: pair[0], limit: pair[1] } };
}

function budgetOf([budgetId, periodId, ...texts]: StoredDecision['facts']['budgets'][number]): BudgetFacts {
  const [currency, limit, pending, committed, spent, own, policyId, ruleId] = texts;
  const amount = (text: string | undefined): bigint => {
    if (text === undefined) throw new Error(`a recorded balance of ${budgetId} is not whole`);
    return BigInt(text);
  };
  return {
    budgetId,
    periodId: BigInt(periodId),
    currency: currency ?? '',
    limitMinor: amount(limit),
    pendingMinor: amount(pending),
    committedMinor: amount(committed),
    spentMinor: amount(spent),
    ownMinor: amount(own),
    cap: policyId === undefined || ruleId === undefined ? null : { policyId, ruleId },
  };
}

async function termsOfSubjects(pool: Pool, subjectIds: readonly string[]): Promise<Map<string, Body>> {
  if (subjectIds.length === 0) return new Map();
  const rows = await queryRows<FindFirstEntriesRow>(pool, findFirstEntries([...new Set(subjectIds)]));
  return new Map(
    rows.flatMap((row) => {
      const { terms } = JSON.parse(row.body.toString('utf8')) as StoredEntry;
      return terms === undefined ? [] : [[row.subject_id, terms]];
    }),
  );
}

/** Policy versions as they were published, each compiled once. */
class StoredPolicies {
  readonly #pool: Pool;
  readonly #compiled = new Map<string, Promise<CompiledPolicy>>();

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  compiled(versions: StoredDecision['policies']): Promise<CompiledPolicy[]> {
    return Promise.all(versions.map(([policyId, version]) => this.#one(policyId, version)));
  }

  #one(policyId: string, version: number): Promise<CompiledPolicy> {
    const key = `${policyId}@${version}`;
    const found = this.#compiled.get(key) ?? this.#load(policyId, version);
    this.#compiled.set(key, found);
    return found;
  }

  async #load(policyId: string, version: number): Promise<CompiledPolicy> {
    const [row] = await queryRows<FoundPolicyRow>(this.#pool, findPolicyVersion({ policyId, version }));
    if (row === undefined) throw new Error(`there is no version ${version} of the policy ${policyId}`);
    const parsed = parsePolicy(row.document, version);
    if (!parsed.ok) throw new Error(`version ${version} of the policy ${policyId} does not parse`);
    return parsed.policy;
  }
}

function textOf(value: unknown): string {
  return value === undefined ? '' : canonicalJson(value, 'left out');
}
