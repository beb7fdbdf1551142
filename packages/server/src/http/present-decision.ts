// http/present-decision.ts: a recorded decision as the API shows it. Reads entry bodies as gate/entry-body.ts wrote them.
// Must not show the facts of a decision: they hold balances that are not the agent's to see.
import type { Decision, Finding } from '@countersign/contract';
import { clauseOf } from '@countersign/core';

import type { RateRow } from '../gate/exchange-rows.ts';

/** The parts of an entry's body that answers are made of; what is null there is left out. */
export interface RecordedBody {
  readonly at: string;
  readonly type: string;
  readonly subject_id: string;
  readonly terms?: RecordedTerms;
  readonly decision?: RecordedDecision;
  readonly approval?: RecordedApproval;
  readonly checkout?: RecordedCheckout;
  readonly detail?: Readonly<Record<string, unknown>>;
  readonly state?: RecordedState;
}

export interface RecordedTerms {
  readonly agent_id: string;
  readonly amount: string;
  readonly currency: string;
  readonly vendor: string;
  readonly action_type?: string;
  readonly category?: string;
  readonly commitment_type?: string;
  readonly cost_center?: string;
  readonly country?: string;
  readonly mcc?: string;
  readonly merchant_domain?: string;
  readonly policy_id?: string;
  readonly project?: string;
  readonly rail?: string;
  readonly replaces?: string;
  readonly tender_reference?: string;
  readonly framework_id?: string;
  readonly waiver_id?: string;
}

export interface RecordedDecision {
  readonly core_version: string;
  readonly outcome: 'approved' | 'held' | 'denied';
  /** Of its facts, what is the agent's to see. */
  readonly facts: { readonly exchange?: readonly RateRow[] };
  readonly findings: readonly (Partial<Finding> &
    Pick<Finding, 'control' | 'outcome' | 'reason_code' | 'message'>)[];
  /** [control, policy, rule, observed, limit, reason code unless `ok`]; '': none. */
  readonly passed: readonly (readonly [string, string, string, string, string, string?])[];
  /** For each of `policies`: control and rule of its plain passes, one after the other. */
  readonly passed_rules: readonly (readonly string[])[];
  readonly policies: readonly (readonly [string, number])[];
}

export interface RecordedApproval {
  readonly approval_id: string;
  readonly status: 'pending' | 'approved' | 'rejected' | 'expired' | 'cancelled';
  readonly created_at: string;
  readonly expires_at: string;
  readonly terms_hash: string;
  readonly steps: readonly RecordedStep[];
}

export interface RecordedStep {
  readonly step_key: string;
  readonly reason_code: string;
  readonly message: string;
  readonly policy_id?: string;
  readonly rule_id?: string;
  readonly limit?: string;
  readonly approvers?: string[];
  readonly tier?: string;
  readonly quorum?: number;
  readonly order: number;
  readonly reminders?: number;
  readonly escalate_to?: string[];
  readonly escalated_at?: string;
  readonly signatures?: readonly RecordedSignature[];
}

export interface RecordedSignature {
  readonly signed_by: string;
  readonly on_behalf_of?: string;
  readonly authorization_reference: string;
  readonly signed_at: string;
  readonly viewed_seconds?: number;
}

export interface RecordedCheckout {
  readonly status: string;
  readonly method?: string;
  readonly card_id?: string;
  readonly last4?: string;
  readonly expires_at?: string;
}

export interface RecordedState {
  readonly status: 'approved' | 'held' | 'denied' | 'cancelled' | 'expired';
  readonly checkout_status: string;
  readonly approved_by?: string;
  readonly card_status?: string;
  readonly settled_minor?: string;
  readonly authorizations?: readonly RecordedAuthorization[];
}

export interface RecordedAuthorization {
  readonly authorization_id: string;
  readonly approved: boolean;
  readonly reason: string;
  readonly amount_minor: string;
  readonly currency: string;
  readonly captured_minor: string;
  readonly reversed_minor: string;
  readonly refunded_minor: string;
  readonly closed: boolean;
  /** What the merchant asked for, where the card is billed in another currency. */
  readonly merchant_amount?: RecordedMerchantAmount;
}

export interface RecordedMerchantAmount {
  readonly amount_minor: string;
  readonly currency: string;
  readonly rate: string;
}

/** The body of an entry as it is stored. */
export function recordedBody(bytes: Buffer): RecordedBody {
  return JSON.parse(bytes.toString('utf8')) as RecordedBody; // the gate's own entry
}

export function presentDecision(decision: RecordedDecision, decidedAt: string): Decision {
  const findings = decision.findings.map(presentFinding);
  for (const passed of decision.passed) findings.push(presentPass(passed));
  for (const [index, [policyId]] of decision.policies.entries()) {
    pushPlainPasses(findings, policyId, decision.passed_rules[index] ?? []);
  }
  const telling = tellingFinding(findings);
  return {
    outcome: decision.outcome,
    reason_code: telling?.reason_code ?? 'ok',
    message: telling?.message ?? 'Every control let it pass.',
    findings,
    policies: decision.policies.map(([policy_id, version]) => ({ policy_id, version })),
    decided_at: decidedAt,
    core_version: decision.core_version,
  };
}

/** The finding that made the decision: the first that denies, else the first that holds. */
export function tellingFinding(findings: readonly Finding[]): Finding | undefined {
  return (
    findings.find((finding) => finding.outcome === 'deny') ??
    findings.find((finding) => finding.outcome === 'hold')
  );
}

function presentFinding(finding: RecordedDecision['findings'][number]): Finding {
  return {
    control: finding.control,
    policy_id: finding.policy_id ?? null,
    rule_id: finding.rule_id ?? null,
    outcome: finding.outcome,
    reason_code: finding.reason_code,
    message: finding.message,
    observed: finding.observed ?? null,
    limit: finding.limit ?? null,
    clause: finding.clause ?? null,
    next_step: finding.next_step ?? null,
    ...(finding.related_request_ids === undefined
      ? null
      : { related_request_ids: finding.related_request_ids }),
  };
}

function pushPlainPasses(findings: Finding[], policyId: string, passes: readonly string[]): void {
  for (let at = 0; at + 1 < passes.length; at += 2) {
    findings.push(presentPass([passes[at] ?? '', policyId, passes[at + 1] ?? '', '', '']));
  }
}

/** A pass says nothing: a rule's limit stands in the version of its policy, what it saw in the request. */
function presentPass(row: RecordedDecision['passed'][number]): Finding {
  // By index: there are a dozen in every answer, and taking each apart by iteration is slow.
  return {
    control: row[0],
    policy_id: row[1] || null,
    rule_id: row[2] || null,
    outcome: 'pass',
    reason_code: row[5] ?? 'ok',
    message: '',
    observed: row[3] || null,
    limit: row[4] || null,
    clause: clauseOf(row[0]),
    next_step: null,
  };
}
