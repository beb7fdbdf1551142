// admin/ensure-installation.ts: the first start: the installation's row and its default legal entity.
// May run in several processes at once: one makes the installation, the others find it. The log's origin contains the
// installation id, so a caller whose proposal lost must build its recorder anew with the id that is returned.
import type { Pool } from 'pg';

import { findInstallation, type InstallationRow } from '../ledger/find-installation.ts';
import { insertInstallation } from '../ledger/insert-installation.ts';
import { insertLegalEntity, type LegalEntityRow } from '../ledger/insert-legal-entity.ts';
import { type AdminContext, applyChange, firstRow, readRows } from './apply-change.ts';
import { checkedId } from './checked-input.ts';
import { entitySnapshot } from './entities.ts';

export interface Installation {
  readonly installationId: string;
  /** Whether this call made it. */
  readonly created: boolean;
}

/** The installation's id, or null before the first start. */
export async function findInstallationId(pool: Pool): Promise<string | null> {
  const [row] = await readRows<InstallationRow>(pool, findInstallation());
  return row?.installation_id ?? null;
}

/** Makes the installation under the proposed id unless there is one. */
export async function ensureInstallation(context: AdminContext, proposedId: string): Promise<Installation> {
  const installationId = checkedId('/installation_id', proposedId);
  const request = {
    actor: { kind: 'system', name: 'installation' } as const,
    operation: 'installation.create',
    options: undefined,
    entryCountMax: 2,
  };
  return applyChange(context, request, async (step) => {
    const found = await firstRow<InstallationRow>(step.tx, findInstallation());
    if (found !== null) return { installationId: found.installation_id, created: false };
    await step.tx.query(insertInstallation({ installationId, at: step.at }));
    await step.record({
      type: 'installation.created',
      subjectId: installationId,
      before: null,
      after: { change_control: 'single', default_entity_id: DEFAULT_ENTITY.entity_id },
    });
    const entity: LegalEntityRow = { ...DEFAULT_ENTITY, created_at: step.at };
    await step.tx.query(insertLegalEntity(entity));
    const after = entitySnapshot(entity);
    await step.record({ type: 'entity.created', subjectId: entity.entity_id, before: null, after });
    return { installationId, created: true };
  });
}

const DEFAULT_ENTITY = {
  entity_id: 'default',
  name: 'Default entity',
  country: null,
  tax_id: null,
  base_currency: 'USD',
  time_zone: 'UTC',
  is_default: true,
} as const;
