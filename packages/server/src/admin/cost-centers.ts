// admin/cost-centers.ts: which legal entity a cost centre belongs to. One that is not listed belongs to its agent's.
// Its id is what agents write in their requests, so it may be any short text.
import { findCostCenter } from '../ledger/find-cost-center.ts';
import { findDefaultEntity } from '../ledger/find-default-entity.ts';
import { findLegalEntity } from '../ledger/find-legal-entity.ts';
import { insertCostCenter, type CostCenterRow } from '../ledger/insert-cost-center.ts';
import type { LegalEntityRow } from '../ledger/insert-legal-entity.ts';
import { listCostCenters } from '../ledger/list-cost-centers.ts';
import { alreadyExists, notFound, unknownReference } from './admin-error.ts';
import {
  type Actor,
  type AdminContext,
  applyChange,
  type ChangeOptions,
  firstRow,
  readRows,
} from './apply-change.ts';
import { checkedName, checkedReference } from './checked-input.ts';
import { type Page, type PageQuery, pageOf, pageWindow } from './page.ts';
import { personal } from './personal-text.ts';

export interface CostCenterInput {
  readonly costCenterId: string;
  readonly name: string;
  /** Default: the default legal entity. */
  readonly entityId?: string | undefined;
}

export interface CostCenterView {
  readonly costCenterId: string;
  readonly name: string;
  readonly entityId: string;
  readonly createdAt: string;
}

export interface CostCenters {
  create(actor: Actor, input: CostCenterInput, options?: ChangeOptions): Promise<CostCenterView>;
  get(costCenterId: string): Promise<CostCenterView>;
  list(query?: PageQuery): Promise<Page<CostCenterView>>;
}

export function createCostCenters(context: AdminContext): CostCenters {
  return {
    async create(actor, input, options) {
      const costCenterId = checkedReference('/cost_center_id', input.costCenterId);
      const name = checkedName('/name', input.name);
      return applyChange(context, { actor, operation: 'cost_centers.create', options }, async (step) => {
        if ((await firstRow(step.tx, findCostCenter(costCenterId))) !== null) {
          throw alreadyExists('/cost_center_id', 'cost centre', costCenterId);
        }
        const lookup = input.entityId === undefined ? findDefaultEntity() : findLegalEntity(input.entityId);
        const entity = await firstRow<LegalEntityRow>(step.tx, lookup);
        if (entity === null) throw unknownReference('/entity_id', 'legal entity', input.entityId ?? '');
        const row: CostCenterRow = {
          cost_center_id: costCenterId,
          entity_id: entity.entity_id,
          name,
          created_at: step.at,
        };
        await step.tx.query(insertCostCenter(row));
        const after = { entity_id: row.entity_id, name: personal(name) };
        await step.record({ type: 'cost_center.created', subjectId: costCenterId, before: null, after });
        return viewOf(row);
      });
    },
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

function viewOf(row: CostCenterRow): CostCenterView {
  return {
    costCenterId: row.cost_center_id,
    name: row.name,
    entityId: row.entity_id,
    createdAt: row.created_at.toISOString(),
  };
}
