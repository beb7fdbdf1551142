// admin/suppliers.ts: the registry of suppliers. A version is stored for good, the newest is in force. Clause: AG-642 4.3.
// What is refused leaves everything as it was; an import is taken whole or not at all.
// INVARIANT: no plain tax id or bank account leaves for the log, which holds a salted commitment to the document.
import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';

import { COMMITMENT_SALT_BYTES, canonicalJson, commit } from '@countersign/audit';

import { queryRows } from '../db/query-rows.ts';
import { findChangedSuppliers } from '../ledger/find-changed-suppliers.ts';
import { findSupplierVersion } from '../ledger/find-supplier-version.ts';
import { type SupplierVersionRow, insertSupplierVersions } from '../ledger/insert-supplier-versions.ts';
import { listSuppliers } from '../ledger/list-suppliers.ts';
import { callerId } from '../record/caller.ts';
import { type SupplierDocument, supplierOfDocument } from '../suppliers/stored-supplier.ts';
import { EMPTY_SUPPLIER_INDEX, type SupplierIndex } from '../suppliers/supplier-index.ts';
import { isFlaggedSupplier } from '../suppliers/supplier-layer.ts';
import { AdminError, type AdminFault, notFound } from './admin-error.ts';
import {
  type Actor,
  type AdminContext,
  applyChange,
  type ChangeOptions,
  type ChangeStep,
  readRows,
} from './apply-change.ts';
import { type Page, type PageQuery, pageOf, pageWindow } from './page.ts';
import type { Snapshot } from './personal-text.ts';
import { findContradictions } from './supplier-contradictions.ts';
import { IMPORT_ROWS_MAX, readSupplierCsv, rowFault, writeSupplierCsv } from './supplier-csv.ts';
import { type SupplierInput, readSupplier } from './supplier-input.ts';

export interface SupplierView {
  readonly supplierId: string;
  readonly version: number;
  readonly document: SupplierDocument;
  readonly createdAt: string;
  readonly createdBy: string;
}

export interface SupplierFilter extends PageQuery {
  readonly standing?: string | undefined;
  readonly country?: string | undefined;
  readonly groupId?: string | undefined;
  readonly verification?: string | undefined;
  readonly sanctioned?: boolean | undefined;
  readonly name?: string | undefined;
}

export interface SupplierImport {
  readonly rows: number;
  readonly registered: number;
  readonly changed: number;
  readonly unchanged: number;
}

export interface Suppliers {
  /** Replaces the supplier whole: what is left out is empty. The same again writes nothing. */
  put(actor: Actor, supplierId: string, input: SupplierInput, options?: ChangeOptions): Promise<SupplierView>;
  import(actor: Actor, csv: string, options?: ChangeOptions): Promise<SupplierImport>;
  get(supplierId: string, version?: number): Promise<SupplierView>;
  list(filter?: SupplierFilter): Promise<Page<SupplierView>>;
  /** All of them as CSV, as `import` takes it. */
  export(): Promise<string>;
}

export function createSuppliers(context: AdminContext): Suppliers {
  const registry = new Registry();
  return {
    async put(actor, supplierId, input, options) {
      const read = readSupplier(supplierId, input);
      if (!read.ok) throw refused('the supplier has a fault', read.faults);
      const operation = `suppliers.put/${supplierId}`;
      return applyChange(context, { actor, operation, options }, async (step) => {
        const wanted = { supplierId, document: read.document };
        const { written, unchanged } = await registry.write(step, actor, [wanted], (faults) => {
          throw refused('the supplier contradicts the registry', faults);
        });
        const [row] = [...written, ...unchanged];
        if (row === undefined) throw new Error('a supplier is written or unchanged');
        return viewOf(row);
      });
    },
    import: (actor, csv, options) => importSuppliers(context, registry, actor, csv, options),
    async get(supplierId, version) {
      const statement = findSupplierVersion({ supplierId, version: version ?? null });
      const [row] = await readRows<SupplierVersionRow>(context.pool, statement);
      if (row !== undefined) return viewOf(row);
      throw notFound('supplier', version === undefined ? supplierId : `${supplierId} version ${version}`);
    },
    async list(filter = {}) {
      const window = pageWindow(filter);
      const rows = await readRows<SupplierVersionRow>(
        context.pool,
        listSuppliers({
          ...window,
          standing: filter.standing ?? null,
          country: filter.country?.toUpperCase() ?? null,
          groupId: filter.groupId ?? null,
          verification: filter.verification ?? null,
          sanctioned: filter.sanctioned ?? null,
          name: filter.name ?? null,
        }),
      );
      return pageOf(rows, window, (row) => row.supplier_id, viewOf);
    },
    async export() {
      const rows = await queryRows<SupplierVersionRow>(context.pool, findChangedSuppliers(0n));
      return writeSupplierCsv(
        rows.map((row) => ({ supplierId: row.supplier_id, document: documentOf(row) })),
      );
    },
  };
}

async function importSuppliers(
  context: AdminContext,
  registry: Registry,
  actor: Actor,
  csv: string,
  options: ChangeOptions | undefined,
): Promise<SupplierImport> {
  const { rows, faults: malformed } = readSupplierCsv(csv);
  const faults = [...malformed];
  const wanted = new Map<string, WantedSupplier & { readonly row: number }>();
  for (const { row, supplierId, input } of rows) {
    const read = readSupplier(supplierId, input);
    if (!read.ok) faults.push(...read.faults.map((fault) => rowFault(row, fault)));
    else if (wanted.has(supplierId)) {
      const message = `\`${supplierId}\` is in row ${String(wanted.get(supplierId)?.row)} already`;
      faults.push(rowFault(row, { pointer: '/supplier_id', code: 'given_twice', message }));
    } else wanted.set(supplierId, { supplierId, document: read.document, keepsMetadata: true, row });
  }
  if (faults.length > 0) throw refused('nothing is imported', byRow(faults));
  return applyChange(
    context,
    // An entry for each: the log says of every supplier when it changed.
    { actor, operation: 'suppliers.import', options, entryCountMax: Math.min(wanted.size, IMPORT_ROWS_MAX) },
    async (step) => {
      const { written, unchanged } = await registry.write(step, actor, [...wanted.values()], (found) => {
        const inRows = found.map((fault) => rowFault(wanted.get(fault.supplierId)?.row ?? 0, fault));
        throw refused('nothing is imported', byRow(inRows));
      });
      const registered = written.filter((row) => row.version === 1).length;
      return {
        rows: wanted.size,
        registered,
        changed: written.length - registered,
        unchanged: unchanged.length,
      };
    },
  );
}

function byRow(faults: readonly AdminFault[]): AdminFault[] {
  const rowOf = ({ pointer }: AdminFault): number => Number(pointer.split('/')[2] ?? 0);
  return [...faults].sort((a, b) => rowOf(a) - rowOf(b));
}

interface WantedSupplier {
  readonly supplierId: string;
  readonly document: SupplierDocument;
  /** A CSV has no column for it. */
  readonly keepsMetadata?: boolean;
}

function withMetadata(document: SupplierDocument, former: SupplierVersionRow): SupplierDocument {
  return { ...document, metadata: documentOf(former).metadata };
}

/** The registry as this process last saw it: only what has changed since is read again. */
class Registry {
  #index: SupplierIndex = EMPTY_SUPPLIER_INDEX;
  readonly #rows = new Map<string, SupplierVersionRow>();

  /** Writes those that differ from what is registered. Runs under the configuration lock, so nobody else writes. */
  async write(
    step: ChangeStep,
    actor: Actor,
    wanted: readonly WantedSupplier[],
    refuse: (faults: readonly (AdminFault & { readonly supplierId: string })[]) => never,
  ): Promise<{
    readonly written: readonly SupplierVersionRow[];
    readonly unchanged: readonly SupplierVersionRow[];
  }> {
    await this.#catchUp(step);
    const unchanged: SupplierVersionRow[] = [];
    const changed: ChangedSupplier[] = [];
    for (const { supplierId, ...given } of wanted) {
      const former = this.#rows.get(supplierId) ?? null;
      const document =
        former !== null && given.keepsMetadata === true
          ? withMetadata(given.document, former)
          : given.document;
      if (former !== null && isDeepStrictEqual(documentOf(former), document)) unchanged.push(former);
      else changed.push({ ...given, supplierId, document, former });
    }
    const faults = findContradictions(
      this.#index,
      changed.map(({ supplierId, document, former }) =>
        supplierOfDocument(supplierId, (former?.version ?? 0) + 1, document),
      ),
    );
    if (faults.length > 0) refuse(faults);
    return { written: await storeVersions(step, actor, changed), unchanged };
  }

  async #catchUp(step: ChangeStep): Promise<void> {
    const { rows } = await step.tx.query<SupplierVersionRow>(findChangedSuppliers(this.#index.revision));
    if (rows.length === 0) return;
    for (const row of rows) this.#rows.set(row.supplier_id, row);
    const revision = rows.reduce((most, row) => (row.entry_id > most ? row.entry_id : most), 0n);
    const changed = rows.map((row) => supplierOfDocument(row.supplier_id, row.version, documentOf(row)));
    this.#index = this.#index.with(changed, revision);
  }
}

interface ChangedSupplier extends WantedSupplier {
  /** null: it is not registered yet. */
  readonly former: SupplierVersionRow | null;
}

async function storeVersions(
  step: ChangeStep,
  actor: Actor,
  changed: readonly ChangedSupplier[],
): Promise<SupplierVersionRow[]> {
  const rows: SupplierVersionRow[] = [];
  for (const { supplierId, document, former, keepsMetadata } of changed) {
    const row: SupplierVersionRow = {
      supplier_id: supplierId,
      version: (former?.version ?? 0) + 1,
      document,
      salt: randomBytes(COMMITMENT_SALT_BYTES),
      created_at: step.at,
      created_by: callerId(actor),
      entry_id: step.entryId,
    };
    await step.record({
      type: 'supplier.registered',
      subjectId: supplierId,
      before: former === null ? null : snapshotOf(former),
      after: snapshotOf(row),
      documents: { before: former === null ? null : documentOf(former), after: document },
      // An import has no body that would bring back what it replaced.
      ...(former === null || keepsMetadata === true ? {} : { undo: documentOf(former) }),
    });
    rows.push(row);
  }
  if (rows.length === 0) return rows;
  await step.tx.query(insertSupplierVersions(rows));
  const isOnlyStopping = changed.every(
    ({ former, document }) => former !== null && isOnlyStopped(documentOf(former), document),
  );
  if (isOnlyStopping) step.actAtOnce();
  return rows;
}

/** Nothing but its standing or its sanctions flag has changed, and nothing may be bought from it any more. */
function isOnlyStopped(former: SupplierDocument, next: SupplierDocument): boolean {
  const { standing, sanctions } = next;
  const others = isDeepStrictEqual({ ...former, standing, sanctions }, next);
  const wasFlagged = former.sanctions?.flagged === true;
  const isLoosened = (wasFlagged && sanctions?.flagged !== true) || STOPS[standing] < STOPS[former.standing];
  return others && !isLoosened && isFlaggedSupplier(supplierOfDocument('', 1, next));
}

const STOPS = { preferred: 0, approved: 0, probation: 0, suspended: 1, prohibited: 2 } as const;

/** What a reader of the log may know of it; the rest is behind the commitment. */
function snapshotOf(row: SupplierVersionRow): Snapshot {
  const document = documentOf(row);
  return {
    country: document.country,
    document: { commitment: commit(canonicalJson(document), row.salt) },
    group_id: document.group_id,
    sanctioned: document.sanctions?.flagged ?? null,
    standing: document.standing,
    verification: document.verification.state,
    version: row.version,
  };
}

function documentOf(row: Pick<SupplierVersionRow, 'document'>): SupplierDocument {
  return row.document as SupplierDocument; // written here only, checked before
}

function viewOf(row: SupplierVersionRow): SupplierView {
  return {
    supplierId: row.supplier_id,
    version: row.version,
    document: documentOf(row),
    createdAt: row.created_at.toISOString(),
    createdBy: row.created_by,
  };
}

function refused(what: string, faults: readonly AdminFault[]): AdminError {
  const more = faults.length === 1 ? '' : ` (and ${faults.length - 1} more)`;
  return new AdminError('invalid', `${what}: ${faults[0]?.message ?? ''}${more}`, { faults });
}
