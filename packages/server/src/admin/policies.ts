// admin/policies.ts: publishes policies. A version is stored for good and acts at once.
// Publishing always makes a new version, an identical document too: who published it when is part of the record. A
// repetition that is not meant is what the idempotency key is for.
import { createHash } from 'node:crypto';
import { CanonicalJsonError, canonicalJson } from '@countersign/audit';
import { parsePolicy } from '@countersign/core';

import { findPolicyVersion, type FoundPolicyRow } from '../ledger/find-policy-version.ts';
import { insertPolicyVersion } from '../ledger/insert-policy-version.ts';
import { listPolicies } from '../ledger/list-policies.ts';
import { callerId } from '../record/caller.ts';
import { AdminError, type AdminFault, invalid, notFound } from './admin-error.ts';
import {
  type Actor,
  type AdminContext,
  applyChange,
  type ChangeOptions,
  firstRow,
  readRows,
} from './apply-change.ts';
import { type Page, type PageQuery, pageOf, pageWindow } from './page.ts';
import { type PolicyWarning, warnAboutPolicy } from './policy-warnings.ts';
import { findPublicSuffixWildcards } from './vendor-wildcards.ts';

/** Of a policy, the newest version is active and the others are retired. */
export interface PolicySummary {
  readonly policyId: string;
  readonly version: number;
  readonly status: 'active' | 'retired';
  readonly name: string;
  readonly ruleCount: number;
  readonly createdAt: string;
  readonly createdBy: string;
}

export interface PublishedPolicy extends PolicySummary {
  readonly warnings: readonly PolicyWarning[];
}

export interface PolicyView extends PolicySummary {
  /** The body as it was accepted. */
  readonly document: unknown;
}

export interface Policies {
  publish(actor: Actor, document: unknown, options?: ChangeOptions): Promise<PublishedPolicy>;
  /** Without a version: the newest. */
  get(policyId: string, version?: number): Promise<PolicyView>;
  /** The newest version of each. */
  list(query?: PageQuery): Promise<Page<PolicySummary>>;
}

export function createPolicies(context: AdminContext): Policies {
  return {
    publish: (actor, document, options) => publish(context, actor, document, options),
    async get(policyId, version) {
      if (version !== undefined && !(Number.isInteger(version) && version >= 1 && version < 2 ** 31)) {
        throw invalid('/version', 'a version is a whole number from 1', 'out_of_range');
      }
      const [row] = await readRows<FoundPolicyRow>(
        context.pool,
        findPolicyVersion({ policyId, version: version ?? null }),
      );
      if (row !== undefined) return { ...summaryOf(row), document: row.document };
      throw notFound('policy', version === undefined ? policyId : `${policyId} version ${version}`);
    },
    async list(query = {}) {
      const window = pageWindow(query);
      const rows = await readRows<FoundPolicyRow>(context.pool, listPolicies(window));
      return pageOf(rows, window, (row) => row.policy_id, summaryOf);
    },
  };
}

async function publish(
  context: AdminContext,
  actor: Actor,
  document: unknown,
  options: ChangeOptions | undefined,
): Promise<PublishedPolicy> {
  const { policyId, sha256 } = checkedDocument(document);
  return applyChange(context, { actor, operation: 'policies.publish', options }, async (step) => {
    const former = await firstRow<FoundPolicyRow>(step.tx, findPolicyVersion({ policyId, version: null }));
    const version = (former?.version ?? 0) + 1;
    const row: FoundPolicyRow = {
      policy_id: policyId,
      version,
      document,
      created_at: step.at,
      created_by: callerId(actor),
      entry_id: step.entryId,
      newest_version: version,
    };
    await step.tx.query(insertPolicyVersion(row));
    const summary = summaryOf(row);
    const before =
      former === null
        ? null
        : {
            document_sha256: digestOf(former.document),
            rule_count: summaryOf(former).ruleCount,
            version: former.version,
          };
    const after = { document_sha256: sha256, rule_count: summary.ruleCount, version };
    const review =
      former === null
        ? { documents: { before: null, after: document } }
        : { documents: { before: former.document, after: document }, undo: former.document };
    await step.record({ type: 'policy.published', subjectId: policyId, before, after, ...review });
    return { ...summary, warnings: warnAboutPolicy(document) };
  });
}

function checkedDocument(document: unknown): { policyId: string; sha256: string } {
  const parsed = parsePolicy(document, 1);
  if (!parsed.ok) throw refused(parsed.faults);
  const faults = findPublicSuffixWildcards(document);
  if (faults.length > 0) throw refused(faults);
  try {
    return { policyId: parsed.policy.policyId, sha256: digestOf(document) };
  } catch (error) {
    if (error instanceof CanonicalJsonError)
      throw invalid('', `the policy cannot be recorded: ${error.message}`);
    throw error;
  }
}

function refused(faults: readonly AdminFault[]): AdminError {
  const more = faults.length === 1 ? '' : ` (and ${faults.length - 1} more)`;
  return new AdminError('invalid', `the policy has a fault: ${faults[0]?.message ?? ''}${more}`, { faults });
}

/** SHA-256 of the canonical form (RFC 8785), hex: the document itself may be larger than a log entry. */
function digestOf(document: unknown): string {
  return createHash('sha256').update(canonicalJson(document)).digest('hex');
}

function summaryOf(row: FoundPolicyRow): PolicySummary {
  const { name, rules } = row.document as { name: string; rules: unknown[] }; // parsed when it was published
  return {
    policyId: row.policy_id,
    version: row.version,
    status: row.version === row.newest_version ? 'active' : 'retired',
    name,
    ruleCount: rules.length,
    createdAt: row.created_at.toISOString(),
    createdBy: row.created_by,
  };
}
