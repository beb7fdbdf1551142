// admin/entities.ts: legal entities: who buys. Jurisdiction is their country, budgets default to their time zone.
// There is always exactly one default entity; it is made with the installation and cannot be removed.
import { findLegalEntity } from '../ledger/find-legal-entity.ts';
import { insertLegalEntity, type LegalEntityRow } from '../ledger/insert-legal-entity.ts';
import { listLegalEntities } from '../ledger/list-legal-entities.ts';
import { updateLegalEntity } from '../ledger/update-legal-entity.ts';
import { alreadyExists, notFound } from './admin-error.ts';
import {
  type Actor,
  type AdminContext,
  applyChange,
  type ChangeOptions,
  firstRow,
  readRows,
} from './apply-change.ts';
import { checkedCountry, checkedCurrency, checkedId, checkedName, checkedTimeZone } from './checked-input.ts';
import { type Page, type PageQuery, pageOf, pageWindow } from './page.ts';
import { personal, type Snapshot } from './personal-text.ts';

export interface EntityInput {
  readonly entityId: string;
  readonly name: string;
  readonly country?: string | null | undefined;
  readonly taxId?: string | null | undefined;
  readonly baseCurrency?: string | undefined;
  readonly timeZone?: string | undefined;
}

/** What is absent stays as it is; null removes it. */
export type EntityUpdate = Partial<Omit<EntityInput, 'entityId'>>;

export interface EntityView {
  readonly entityId: string;
  readonly name: string;
  readonly country: string | null;
  readonly taxId: string | null;
  readonly baseCurrency: string;
  readonly timeZone: string;
  readonly isDefault: boolean;
  readonly createdAt: string;
}

export interface Entities {
  create(actor: Actor, input: EntityInput, options?: ChangeOptions): Promise<EntityView>;
  update(actor: Actor, entityId: string, input: EntityUpdate, options?: ChangeOptions): Promise<EntityView>;
  get(entityId: string): Promise<EntityView>;
  list(query?: PageQuery): Promise<Page<EntityView>>;
}

export function createEntities(context: AdminContext): Entities {
  return {
    async create(actor, input, options) {
      const entityId = checkedId('/entity_id', input.entityId);
      const name = checkedName('/name', input.name);
      const fields = checkedFields(input);
      return applyChange(context, { actor, operation: 'entities.create', options }, async (step) => {
        if ((await firstRow(step.tx, findLegalEntity(entityId))) !== null) {
          throw alreadyExists('/entity_id', 'legal entity', entityId);
        }
        const row: LegalEntityRow = {
          country: null,
          tax_id: null,
          base_currency: 'USD',
          time_zone: 'UTC',
          ...fields,
          entity_id: entityId,
          name,
          is_default: false,
          created_at: step.at,
        };
        await step.tx.query(insertLegalEntity(row));
        await step.record({
          type: 'entity.created',
          subjectId: entityId,
          before: null,
          after: entitySnapshot(row),
        });
        return viewOf(row);
      });
    },
    async update(actor, entityId, input, options) {
      const name = input.name === undefined ? {} : { name: checkedName('/name', input.name) };
      const fields = { ...checkedFields(input), ...name };
      return applyChange(
        context,
        { actor, operation: `entities.update/${entityId}`, options },
        async (step) => {
          const found = await firstRow<LegalEntityRow>(step.tx, findLegalEntity(entityId));
          if (found === null) throw notFound('legal entity', entityId);
          const row = { ...found, ...fields };
          const [before, after] = [entitySnapshot(found), entitySnapshot(row)];
          if (JSON.stringify(before) === JSON.stringify(after)) return viewOf(found);
          await step.tx.query(updateLegalEntity(row));
          const undo = {
            name: found.name,
            country: found.country,
            tax_id: found.tax_id,
            base_currency: found.base_currency,
            time_zone: found.time_zone,
          };
          await step.record({ type: 'entity.updated', subjectId: entityId, before, after, undo });
          return viewOf(row);
        },
      );
    },
    async get(entityId) {
      const [row] = await readRows<LegalEntityRow>(context.pool, findLegalEntity(entityId));
      if (row === undefined) throw notFound('legal entity', entityId);
      return viewOf(row);
    },
    async list(query = {}) {
      const window = pageWindow(query);
      const rows = await readRows<LegalEntityRow>(context.pool, listLegalEntities(window));
      return pageOf(rows, window, (row) => row.entity_id, viewOf);
    },
  };
}

/** Its name and tax id may be a person's, so they enter the record as commitments. */
export function entitySnapshot(row: LegalEntityRow): Snapshot {
  return {
    base_currency: row.base_currency,
    country: row.country,
    is_default: row.is_default,
    name: personal(row.name),
    tax_id: personal(row.tax_id),
    time_zone: row.time_zone,
  };
}

function checkedFields({ country, taxId, baseCurrency, timeZone }: EntityUpdate): Partial<LegalEntityRow> {
  return {
    ...(country === undefined
      ? {}
      : { country: country === null ? null : checkedCountry('/country', country) }),
    ...(taxId === undefined ? {} : { tax_id: taxId === null ? null : checkedName('/tax_id', taxId) }),
    ...(baseCurrency === undefined ? {} : { base_currency: checkedCurrency('/base_currency', baseCurrency) }),
    ...(timeZone === undefined ? {} : { time_zone: checkedTimeZone('/time_zone', timeZone) }),
  };
}

function viewOf(row: LegalEntityRow): EntityView {
  return {
    entityId: row.entity_id,
    name: row.name,
    country: row.country,
    taxId: row.tax_id,
    baseCurrency: row.base_currency,
    timeZone: row.time_zone,
    isDefault: row.is_default,
    createdAt: row.created_at.toISOString(),
  };
}
