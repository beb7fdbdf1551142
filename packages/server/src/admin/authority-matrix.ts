// admin/authority-matrix.ts: publishes the delegation-of-authority matrix. A version is stored for good; it is in force from
// its effective date, at once without one. Clause: AG-642 4.1.
import { createHash } from 'node:crypto';

import { canonicalJson } from '@countersign/audit';
import {
  type AuthorityMatrix,
  parseAuthorityMatrix,
  parseInstant,
  parseJurisdiction,
} from '@countersign/core';

import { type AuthorityMatrixRow, insertAuthorityMatrix } from '../ledger/insert-authority-matrix.ts';
import { findAuthorityMatrix } from '../ledger/find-authority-matrix.ts';
import { findPrincipal } from '../ledger/find-principal.ts';
import { type ListedAuthorityMatrixRow, listAuthorityMatrices } from '../ledger/list-authority-matrices.ts';
import { callerId } from '../record/caller.ts';
import { AdminError, type AdminFault, invalid, notFound } from './admin-error.ts';
import {
  type Actor,
  type AdminContext,
  applyChange,
  type ChangeOptions,
  type ChangeStep,
  firstRow,
  readRows,
} from './apply-change.ts';
import { readMatrixRows, readMatrixTiers } from './authority-matrix-csv.ts';
import { type Page, type PageQuery, pageOf, pageWindow } from './page.ts';
import { readRegions } from './read-regions.ts';

export interface AuthorityMatrixSummary {
  readonly version: number;
  readonly effectiveFrom: string;
  readonly rowCount: number;
  readonly tierCount: number;
  readonly createdAt: string;
  readonly createdBy: string;
}

export interface AuthorityMatrixView extends AuthorityMatrixSummary {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly tiers: readonly Readonly<Record<string, unknown>>[];
}

export interface AuthorityMatrices {
  publish(actor: Actor, body: unknown, options?: ChangeOptions): Promise<AuthorityMatrixView>;
  /** Without a version: the one in force. */
  get(version?: number): Promise<AuthorityMatrixView>;
  list(query?: PageQuery): Promise<Page<AuthorityMatrixSummary>>;
}

export function createAuthorityMatrices(context: AdminContext): AuthorityMatrices {
  return {
    publish: (actor, body, options) => publish(context, actor, body, options),
    async get(version) {
      const at = new Date(context.now());
      const [row] = await readRows<AuthorityMatrixRow>(
        context.pool,
        findAuthorityMatrix({ version: version ?? null, at }),
      );
      if (row !== undefined) return viewOf(row);
      throw notFound('authority matrix', version === undefined ? 'in force' : `version ${version}`);
    },
    async list(query = {}) {
      const window = pageWindow(query);
      const before = window.after === '' ? null : Number(window.after);
      if (before !== null && !Number.isInteger(before)) {
        throw invalid('/cursor', 'the cursor is not one that was given here', 'invalid_cursor');
      }
      const rows = await readRows<ListedAuthorityMatrixRow>(
        context.pool,
        listAuthorityMatrices({ before, limit: window.limit }),
      );
      return pageOf(
        rows,
        window,
        (row) => String(row.version),
        (row) => ({
          version: row.version,
          effectiveFrom: row.effective_from.toISOString(),
          rowCount: row.row_count,
          tierCount: row.tier_count,
          createdAt: row.created_at.toISOString(),
          createdBy: row.created_by,
        }),
      );
    },
  };
}

async function publish(
  context: AdminContext,
  actor: Actor,
  body: unknown,
  options: ChangeOptions | undefined,
): Promise<AuthorityMatrixView> {
  const document = documentOf(body);
  const parsed = parseAuthorityMatrix(document, { version: 1, effectiveFromMs: 0 });
  if (!parsed.ok) throw refused(parsed.faults);
  const effectiveFrom = effectiveFromOf(document);
  return applyChange(context, { actor, operation: 'authority_matrix.publish', options }, async (step) => {
    await refuseUnknownRegions(step, document);
    await refuseUnknownSigners(step, parsed.matrix);
    const [newest] = await listed(step);
    const inForce = await firstRow<AuthorityMatrixRow>(
      step.tx,
      findAuthorityMatrix({ version: null, at: step.at }),
    );
    const effective = effectiveFrom ?? step.at;
    if (inForce !== null && effective < inForce.effective_from) {
      const message = `version ${inForce.version} is in force since ${inForce.effective_from.toISOString()}: an earlier one would never be`;
      throw invalid('/effective_from', message, 'never_in_force');
    }
    const former = await firstRow<AuthorityMatrixRow>(
      step.tx,
      findAuthorityMatrix({ version: null, at: effective > step.at ? effective : step.at }),
    );
    const row: AuthorityMatrixRow = {
      version: (newest?.version ?? 0) + 1,
      effective_from: effective,
      document,
      created_at: step.at,
      created_by: callerId(actor),
      entry_id: step.entryId,
    };
    await step.tx.query(insertAuthorityMatrix(row));
    await step.record({
      type: 'authority_matrix.published',
      subjectId: 'authority_matrix',
      before: former === null ? null : snapshotOf(former),
      after: snapshotOf(row),
      documents: { before: former?.document ?? null, after: document },
      ...(former === null ? {} : { undo: undoOf(former, row) }),
    });
    return viewOf(row);
  });
}

async function listed(step: ChangeStep): Promise<ListedAuthorityMatrixRow[]> {
  return (await step.tx.query<ListedAuthorityMatrixRow>(listAuthorityMatrices({ before: null, limit: 1 })))
    .rows;
}

/** What would have been in force at its date without it. Of two with one date the later version counts. */
function undoOf(former: AuthorityMatrixRow, row: AuthorityMatrixRow): unknown {
  return { ...(former.document as object), effective_from: row.effective_from.toISOString() }; // parsed when published
}

/** CSV stands for the list of the same name. */
function documentOf(body: unknown): Record<string, unknown> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw invalid('', 'send an object with `rows` and `tiers`', 'wrong_type');
  }
  const { rows_csv: rowsCsv, tiers_csv: tiersCsv, ...document } = body as Record<string, unknown>;
  const fromCsv = (csv: unknown, name: 'rows' | 'tiers', read: typeof readMatrixRows): void => {
    if (csv === undefined) return;
    if (typeof csv !== 'string') throw invalid(`/${name}_csv`, 'the CSV is one text', 'wrong_type');
    if (document[name] !== undefined) {
      throw invalid(`/${name}_csv`, `give \`${name}\` or \`${name}_csv\`, not both`, 'given_twice');
    }
    const result = read(csv);
    if (!result.ok) throw refused(result.faults);
    document[name] = result.entries;
  };
  fromCsv(rowsCsv, 'rows', readMatrixRows);
  fromCsv(tiersCsv, 'tiers', readMatrixTiers);
  return document;
}

function effectiveFromOf(document: Readonly<Record<string, unknown>>): Date | null {
  const text = document['effective_from'];
  if (text === undefined) return null;
  const ms = typeof text === 'string' ? parseInstant(text) : undefined;
  if (ms === undefined) {
    throw invalid('/effective_from', 'a time such as `2026-03-01T00:00:00Z` (RFC 3339)', 'invalid_time');
  }
  return new Date(ms);
}

/** A row or a tier for a region that does not exist would hold nowhere, and leave a wider one in force. */
async function refuseUnknownRegions(
  step: ChangeStep,
  document: Readonly<Record<string, unknown>>,
): Promise<void> {
  const regions = await readRegions(step);
  const { rows = [], tiers = [] } = document as { rows?: RegionUser[]; tiers?: RegionUser[] }; // parsed just now
  const faults: AdminFault[] = [];
  for (const [name, entries] of [
    ['rows', rows],
    ['tiers', tiers],
  ] as const) {
    for (const [at, { jurisdiction = '*' }] of entries.entries()) {
      if (parseJurisdiction(jurisdiction, regions) !== undefined) continue;
      faults.push({
        pointer: `/${name}/${at}/jurisdiction`,
        code: 'unknown_jurisdiction',
        message: `\`${jurisdiction}\` is neither a country (ISO 3166-1 alpha-2), a region that is known here, nor \`*\``,
      });
    }
  }
  if (faults.length > 0) throw refused(faults);
}

interface RegionUser {
  readonly jurisdiction?: string;
}

/** A tier whose signers do not exist, or may not sign, would hold for ever. */
async function refuseUnknownSigners(step: ChangeStep, matrix: AuthorityMatrix): Promise<void> {
  const faults: AdminFault[] = [];
  const known = new Map<string, boolean>();
  const maySign = async (id: string): Promise<boolean> => {
    const found = known.get(id);
    if (found !== undefined) return found;
    const row = await firstRow<{ roles: string[]; status: string }>(step.tx, findPrincipal(id));
    const may = row?.status === 'active' && row.roles.includes('approver');
    known.set(id, may);
    return may;
  };
  for (const [index, tier] of matrix.tiers.entries()) {
    for (const [at, { approverId, substitute }] of tier.approvers.entries()) {
      const pointer = `/tiers/${index}/approvers/${at}`;
      const message = (id: string): string => `\`${id}\` is no active principal with the role approver`;
      if (!(await maySign(approverId)))
        faults.push({ pointer, code: 'unknown_approver', message: message(approverId) });
      if (substitute !== null && !(await maySign(substitute.approverId))) {
        faults.push({
          pointer: `${pointer}/substitute/approver_id`,
          code: 'unknown_approver',
          message: message(substitute.approverId),
        });
      }
    }
  }
  if (faults.length > 0) throw refused(faults);
}

function refused(faults: readonly AdminFault[]): AdminError {
  const more = faults.length === 1 ? '' : ` (and ${faults.length - 1} more)`;
  return new AdminError('invalid', `the matrix has a fault: ${faults[0]?.message ?? ''}${more}`, { faults });
}

function snapshotOf(row: AuthorityMatrixRow): Record<string, string | number> {
  const { rowCount, tierCount } = viewOf(row);
  return {
    document_sha256: createHash('sha256').update(canonicalJson(row.document)).digest('hex'),
    effective_from: row.effective_from.toISOString(),
    row_count: rowCount,
    tier_count: tierCount,
    version: row.version,
  };
}

function viewOf(row: AuthorityMatrixRow): AuthorityMatrixView {
  const { rows, tiers = [] } = row.document as Pick<AuthorityMatrixView, 'rows'> &
    Partial<Pick<AuthorityMatrixView, 'tiers'>>; // parsed when published
  return {
    version: row.version,
    effectiveFrom: row.effective_from.toISOString(),
    rowCount: rows.length,
    tierCount: tiers.length,
    createdAt: row.created_at.toISOString(),
    createdBy: row.created_by,
    rows,
    tiers,
  };
}
