// admin/sourcing.ts: sourcing policies, tenders and framework agreements. Each is put under its id and makes a new version,
// stored for good and in force at once; what was accepted before stays as it was. A changed ceiling acts on its total.
import { createHash } from 'node:crypto';
import { CanonicalJsonError, canonicalJson } from '@countersign/audit';
import {
  type Regions,
  ceilingId,
  formatAmount,
  parseFramework,
  parseSourcingPolicy,
  parseTender,
} from '@countersign/core';

import { type FoundSourcingRow, findSourcingVersion } from '../ledger/find-sourcing-version.ts';
import { type SourcingKind, insertSourcingVersion } from '../ledger/insert-sourcing-version.ts';
import { listSourcingVersions } from '../ledger/list-sourcing-versions.ts';
import { callerId } from '../record/caller.ts';
import type { Json } from '../record/recorder.ts';
import { AdminError, type AdminFault, invalid, notFound } from './admin-error.ts';
import {
  type Actor,
  type AdminContext,
  type ChangeOptions,
  type ChangeStep,
  applyChange,
  firstRow,
  readRows,
} from './apply-change.ts';
import { applyLimitToPeriod } from './budget-limit.ts';
import { checkedId } from './checked-input.ts';
import { type Page, type PageQuery, pageOf, pageWindow } from './page.ts';
import { readRegions } from './read-regions.ts';
import type { Snapshot } from './personal-text.ts';
import { findSourcingWildcards } from './sourcing-wildcards.ts';

export interface SourcingVersion {
  readonly id: string;
  readonly version: number;
  /** The newest version is active and the others are retired. */
  readonly status: 'active' | 'retired';
  readonly document: Readonly<Record<string, unknown>>;
  readonly createdAt: string;
  readonly createdBy: string;
}

export interface VersionedRecords {
  put(actor: Actor, id: string, document: unknown, options?: ChangeOptions): Promise<SourcingVersion>;
  /** Without a version: the newest. */
  get(id: string, version?: number): Promise<SourcingVersion>;
  list(query?: PageQuery): Promise<Page<SourcingVersion>>;
}

export interface Sourcing {
  readonly policies: VersionedRecords;
  readonly tenders: VersionedRecords;
  readonly frameworks: VersionedRecords;
}

export function createSourcing(context: AdminContext): Sourcing {
  return {
    policies: versionedRecords(context, POLICY),
    tenders: versionedRecords(context, TENDER),
    frameworks: versionedRecords(context, FRAMEWORK),
  };
}

interface Accepted {
  readonly faults: readonly AdminFault[];
  readonly ceiling: { readonly minor: bigint; readonly currency: string } | null;
  /** What the log says of it besides the digest; no free text. */
  readonly snapshot: Snapshot;
}

interface RecordKind {
  readonly kind: SourcingKind;
  /** For messages. */
  readonly name: string;
  readonly eventType: string;
  /** `regions` null: it was accepted when others may have been defined. */
  accept(id: string, document: unknown, regions: Regions | null): Accepted;
}

const NOTHING: Omit<Accepted, 'faults'> = { ceiling: null, snapshot: {} };

const POLICY: RecordKind = {
  kind: 'policy',
  name: 'sourcing policy',
  eventType: 'sourcing_policy.published',
  accept(id, document, regions) {
    const parsed = parseSourcingPolicy(id, document, 1, regions);
    return { ...NOTHING, faults: parsed.ok ? findSourcingWildcards(document) : parsed.faults };
  },
};

const TENDER: RecordKind = {
  kind: 'tender',
  name: 'tender',
  eventType: 'tender.recorded',
  accept(id, document, regions) {
    const parsed = parseTender(id, document, 1, regions);
    if (!parsed.ok) return { ...NOTHING, faults: parsed.faults };
    const { ceilingMinor, currency, validFromMs, validUntilMs, winner } = parsed.value;
    const snapshot = {
      ceiling: formatAmount(ceilingMinor, currency),
      currency,
      valid_from: new Date(validFromMs).toISOString(),
      valid_until: new Date(validUntilMs).toISOString(),
      winner,
    };
    return { faults: [], ceiling: { minor: ceilingMinor, currency }, snapshot };
  },
};

const FRAMEWORK: RecordKind = {
  kind: 'framework',
  name: 'framework agreement',
  eventType: 'framework.recorded',
  accept(id, document) {
    const parsed = parseFramework(id, document, 1);
    if (!parsed.ok) return { ...NOTHING, faults: parsed.faults };
    const { ceilingMinor, currency, validFromMs, validUntilMs, supplier, isPreApproved } = parsed.value;
    const snapshot = {
      call_off_ceiling: formatAmount(ceilingMinor, currency),
      currency,
      pre_approved: isPreApproved,
      supplier,
      valid_from: new Date(validFromMs).toISOString(),
      valid_until: new Date(validUntilMs).toISOString(),
    };
    return { faults: [], ceiling: { minor: ceilingMinor, currency }, snapshot };
  },
};

function versionedRecords(context: AdminContext, kind: RecordKind): VersionedRecords {
  return {
    put: (actor, id, document, options) => put(context, kind, actor, { id, document }, options),
    async get(id, version) {
      const [row] = await readRows<FoundSourcingRow>(
        context.pool,
        findSourcingVersion({ kind: kind.kind, recordId: id, version: version ?? null }),
      );
      if (row !== undefined) return versionOf(row);
      throw notFound(kind.name, version === undefined ? id : `${id} version ${version}`);
    },
    async list(query = {}) {
      const window = pageWindow(query);
      const rows = await readRows<FoundSourcingRow>(
        context.pool,
        listSourcingVersions({ kind: kind.kind, ...window }),
      );
      return pageOf(rows, window, (row) => row.record_id, versionOf);
    },
  };
}

async function put(
  context: AdminContext,
  kind: RecordKind,
  actor: Actor,
  { id, document }: { readonly id: string; readonly document: unknown },
  options: ChangeOptions | undefined,
): Promise<SourcingVersion> {
  checkedId('', id);
  const operation = `sourcing.put_${kind.kind}/${id}`;
  return applyChange(context, { actor, operation, options }, async (step) => {
    const { faults, ceiling, snapshot } = kind.accept(id, document, await readRegions(step));
    if (faults.length > 0) throw refused(kind, faults);
    const sha256 = digestOf(document);
    const found = findSourcingVersion({ kind: kind.kind, recordId: id, version: null });
    const former = await firstRow<FoundSourcingRow>(step.tx, found);
    const version = (former?.version ?? 0) + 1;
    const before = former === null ? null : kind.accept(id, former.document, null);
    const row: FoundSourcingRow = {
      kind: kind.kind,
      record_id: id,
      version,
      document,
      created_at: step.at,
      created_by: callerId(actor),
      entry_id: step.entryId,
      newest_version: version,
    };
    await step.tx.query(insertSourcingVersion(row));
    const detail = await changedCeiling(step, ceilingOf(kind, id), before?.ceiling ?? null, ceiling);
    await step.record({
      type: kind.eventType,
      subjectId: id,
      before:
        former === null
          ? null
          : { ...before?.snapshot, document_sha256: digestOf(former.document), version: former.version },
      after: { ...snapshot, document_sha256: sha256, version },
      detail,
      documents: { before: former?.document ?? null, after: document },
      ...(former === null ? {} : { undo: former.document }),
    });
    return versionOf(row);
  });
}

function ceilingOf({ kind }: RecordKind, id: string): string | null {
  return kind === 'policy' ? null : ceilingId(kind, id);
}

/** What has been used of it stays; the currency it is counted in does too. */
async function changedCeiling(
  step: ChangeStep,
  budgetId: string | null,
  before: Accepted['ceiling'],
  after: Accepted['ceiling'],
): Promise<Record<string, Json>> {
  if (budgetId === null || before === null || after === null) return {};
  if (before.currency !== after.currency) {
    const message = `its total is counted in \`${before.currency}\`: record another one under a new id`;
    throw invalid(
      budgetId.startsWith('tender') ? '/ceiling/currency' : '/call_off_ceiling/currency',
      message,
      'currency_fixed',
    );
  }
  if (before.minor === after.minor) return {};
  const { detail } = await applyLimitToPeriod(step, {
    budgetId,
    startsAt: new Date(0),
    limitMinor: after.minor,
  });
  return detail;
}

/** SHA-256 of the canonical form (RFC 8785), hex: the document itself may be larger than a log entry. */
function digestOf(document: unknown): string {
  try {
    return createHash('sha256').update(canonicalJson(document)).digest('hex');
  } catch (error) {
    if (error instanceof CanonicalJsonError) throw invalid('', `it cannot be recorded: ${error.message}`);
    throw error;
  }
}

function refused({ name }: RecordKind, faults: readonly AdminFault[]): AdminError {
  const more = faults.length === 1 ? '' : ` (and ${faults.length - 1} more)`;
  return new AdminError('invalid', `the ${name} has a fault: ${faults[0]?.message ?? ''}${more}`, { faults });
}

function versionOf(row: FoundSourcingRow): SourcingVersion {
  return {
    id: row.record_id,
    version: row.version,
    status: row.version === row.newest_version ? 'active' : 'retired',
    document: row.document as Record<string, unknown>, // an object: it was accepted as one
    createdAt: row.created_at.toISOString(),
    createdBy: row.created_by,
  };
}
