// admin/cost-centers.ts: which legal entity a cost centre belongs to, and which department it is part of: another cost
// centre, whose budgets then cover it too. One that is not listed belongs to its agent's entity and to no department.
// Its id is what agents write in their requests, so it may be any short text.
import { isDeepStrictEqual } from 'node:util';

import { findCostCenter } from '../ledger/find-cost-center.ts';
import { findDefaultEntity } from '../ledger/find-default-entity.ts';
import { findLegalEntity } from '../ledger/find-legal-entity.ts';
import { insertCostCenter, type CostCenterRow } from '../ledger/insert-cost-center.ts';
import type { LegalEntityRow } from '../ledger/insert-legal-entity.ts';
import { listCostCenters } from '../ledger/list-cost-centers.ts';
import { type CostCenterLineRow, readCostCenterLines } from '../ledger/read-cost-center-lines.ts';
import { updateCostCenter } from '../ledger/update-cost-center.ts';
import { type AdminError, alreadyExists, invalid, notFound, unknownReference } from './admin-error.ts';
import {
  type Actor,
  type AdminContext,
  applyChange,
  type ChangeOptions,
  type ChangeStep,
  firstRow,
  readRows,
} from './apply-change.ts';
import { checkedName, checkedReference } from './checked-input.ts';
import { type Page, type PageQuery, pageOf, pageWindow } from './page.ts';
import { personal, type Snapshot } from './personal-text.ts';

export interface CostCenterInput {
  readonly costCenterId: string;
  readonly name: string;
  /** Default: the default legal entity. */
  readonly entityId?: string | undefined;
  /** The cost centre it is part of; default: none. */
  readonly parentId?: string | null | undefined;
}

export interface CostCenterView {
  readonly costCenterId: string;
  readonly name: string;
  readonly entityId: string;
  readonly parentId: string | null;
  readonly createdAt: string;
}

export interface CostCenters {
  create(actor: Actor, input: CostCenterInput, options?: ChangeOptions): Promise<CostCenterView>;
  /** Creates it, or replaces what there is of it: a parent that is left out is taken away. */
  put(actor: Actor, input: CostCenterInput, options?: ChangeOptions): Promise<CostCenterView>;
  get(costCenterId: string): Promise<CostCenterView>;
  list(query?: PageQuery): Promise<Page<CostCenterView>>;
}

export function createCostCenters(context: AdminContext): CostCenters {
  return {
    create: (actor, input, options) =>
      write(context, actor, input, {
        operation: 'cost_centers.create',
        mayExist: false,
        options,
      }),
    put: (actor, input, options) =>
      write(context, actor, input, {
        operation: `cost_centers.put/${input.costCenterId}`,
        mayExist: true,
        options,
      }),
    async get(costCenterId) {
      const [row] = await readRows<CostCenterRow>(context.pool, findCostCenter(costCenterId));
      if (row === undefined) throw notFound('cost centre', costCenterId);
      return viewOf(row);
    },
    async list(query = {}) {
      const window = pageWindow(query);
      const rows = await readRows<CostCenterRow>(context.pool, listCostCenters(window));
      return pageOf(rows, window, (row) => row.cost_center_id, viewOf);
    },
  };
}

interface WriteRequest {
  readonly operation: string;
  readonly mayExist: boolean;
  readonly options: ChangeOptions | undefined;
}

async function write(
  context: AdminContext,
  actor: Actor,
  input: CostCenterInput,
  { operation, mayExist, options }: WriteRequest,
): Promise<CostCenterView> {
  const costCenterId = checkedReference('/cost_center_id', input.costCenterId);
  const name = checkedName('/name', input.name);
  const parentId = input.parentId == null ? null : checkedReference('/parent_id', input.parentId);
  return applyChange(context, { actor, operation, options }, async (step) => {
    const before = await firstRow<CostCenterRow>(step.tx, findCostCenter(costCenterId));
    if (before !== null && !mayExist) throw alreadyExists('/cost_center_id', 'cost centre', costCenterId);
    const lookup = input.entityId === undefined ? findDefaultEntity() : findLegalEntity(input.entityId);
    const entity = await firstRow<LegalEntityRow>(step.tx, lookup);
    if (entity === null) throw unknownReference('/entity_id', 'legal entity', input.entityId ?? '');
    if (parentId !== null) await refuseParent(step, costCenterId, parentId);
    const row: CostCenterRow = {
      cost_center_id: costCenterId,
      entity_id: entity.entity_id,
      parent_id: parentId,
      name,
      created_at: before?.created_at ?? step.at,
    };
    const [former, latter] = [before === null ? null : snapshotOf(before), snapshotOf(row)];
    if (isDeepStrictEqual(former, latter)) return viewOf(row);
    await step.tx.query(before === null ? insertCostCenter(row) : updateCostCenter(row));
    const type = before === null ? 'cost_center.created' : 'cost_center.updated';
    await step.record({ type, subjectId: costCenterId, before: former, after: latter, undo: undoOf(before) });
    return viewOf(row);
  });
}

/** Each level is one more budget that a purchase may have to fit. */
const LEVELS_MAX = 16;

async function refuseParent(step: ChangeStep, costCenterId: string, parentId: string): Promise<void> {
  if (parentId === costCenterId) throw cyclic([costCenterId, parentId]);
  if ((await firstRow(step.tx, findCostCenter(parentId))) === null)
    throw unknownReference('/parent_id', 'cost centre', parentId);
  const { rows } = await step.tx.query<CostCenterLineRow>(readCostCenterLines([costCenterId, parentId]));
  const above = rows.find((row) => row.cost_center_id === parentId)?.ancestors ?? [];
  const index = above.indexOf(costCenterId);
  if (index !== -1) throw cyclic([costCenterId, parentId, ...above.slice(0, index + 1)]);
  const depthBelow = rows.find((row) => row.cost_center_id === costCenterId)?.depth_below ?? 0;
  if (above.length + 2 + depthBelow <= LEVELS_MAX) return;
  throw invalid('/parent_id', `a hierarchy has at most ${LEVELS_MAX} levels`, 'too_many_levels');
}

function cyclic(line: readonly string[]): AdminError {
  const path = line.map((id) => `\`${id}\``).join(' is part of ');
  return invalid('/parent_id', `it would be part of itself: ${path}`, 'cyclic_hierarchy');
}

function snapshotOf(row: CostCenterRow): Snapshot {
  return { entity_id: row.entity_id, name: personal(row.name), parent_id: row.parent_id };
}

function undoOf(before: CostCenterRow | null): unknown {
  return before === null
    ? undefined
    : { name: before.name, entity_id: before.entity_id, parent_id: before.parent_id };
}

function viewOf(row: CostCenterRow): CostCenterView {
  return {
    costCenterId: row.cost_center_id,
    name: row.name,
    entityId: row.entity_id,
    parentId: row.parent_id,
    createdAt: row.created_at.toISOString(),
  };
}
