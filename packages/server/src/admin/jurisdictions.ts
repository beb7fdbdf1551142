// admin/jurisdictions.ts: regions an operator defines, so that a row of a matrix or a tender threshold can be for all of them.
// A version replaces the whole list and is stored for good.
import { createHash } from 'node:crypto';
import { canonicalJson } from '@countersign/audit';
import {
  REGIONS_MAX,
  REGION_MEMBERS_MAX,
  type Region,
  compileRegions,
  jurisdictionChain,
  regionFaults,
} from '@countersign/core';

import { type JurisdictionsRow, findJurisdictions } from '../ledger/find-jurisdictions.ts';
import { insertJurisdictions } from '../ledger/insert-jurisdictions.ts';
import { callerId } from '../record/caller.ts';
import { AdminError, type AdminFault } from './admin-error.ts';
import {
  type Actor,
  type AdminContext,
  applyChange,
  type ChangeOptions,
  firstRow,
  readRows,
} from './apply-change.ts';
import { checkedCountry } from './checked-input.ts';
import { refuseRegionsInUse } from './regions-in-use.ts';

export interface JurisdictionsView {
  /** 0: none was published. */
  readonly version: number;
  readonly regions: readonly Region[];
  readonly createdAt: string | null;
  readonly createdBy: string | null;
  /** Where the rules for the country that was asked about are looked for, nearest first. */
  readonly chain?: readonly string[];
}

export interface Jurisdictions {
  publish(actor: Actor, regions: readonly Region[], options?: ChangeOptions): Promise<JurisdictionsView>;
  get(country?: string): Promise<JurisdictionsView>;
}

export function createJurisdictions(context: AdminContext): Jurisdictions {
  return {
    publish: (actor, regions, options) => publish(context, actor, regions, options),
    async get(country) {
      const [row] = await readRows<JurisdictionsRow>(context.pool, findJurisdictions());
      const view = viewOf(row ?? null);
      if (country === undefined) return view;
      const code = checkedCountry('/country', country);
      return { ...view, chain: jurisdictionChain(code, context.now(), compileRegions(view.regions)) };
    },
  };
}

async function publish(
  context: AdminContext,
  actor: Actor,
  sent: readonly Region[],
  options: ChangeOptions | undefined,
): Promise<JurisdictionsView> {
  const upper = (text: string): string => (/^[A-Za-z0-9_-]+$/.test(text) ? text.toUpperCase() : text);
  const regions = sent.map(({ id, members }) => ({ id: upper(id), members: members.map(upper) }));
  refuseFaults(regions);
  return applyChange(context, { actor, operation: 'jurisdictions.publish', options }, async (step) => {
    const former = await firstRow<JurisdictionsRow>(step.tx, findJurisdictions());
    if (former !== null) await refuseRegionsInUse(step, compileRegions(viewOf(former).regions), regions);
    const row: JurisdictionsRow = {
      version: (former?.version ?? 0) + 1,
      document: { regions },
      created_at: step.at,
      created_by: callerId(actor),
      entry_id: step.entryId,
    };
    await step.tx.query(insertJurisdictions(row));
    await step.record({
      type: 'jurisdictions.published',
      subjectId: 'jurisdictions',
      before: former === null ? null : snapshotOf(former),
      after: snapshotOf(row),
      documents: { before: former?.document ?? null, after: row.document },
      undo: former?.document ?? { regions: [] },
    });
    return viewOf(row);
  });
}

function refuseFaults(regions: readonly Region[]): void {
  const faults: AdminFault[] = regionFaults(regions).map(({ region, member, message }) => ({
    pointer: `/regions/${region}${member === null ? '' : `/members/${member}`}`,
    code: 'invalid_region',
    message,
  }));
  if (regions.length > REGIONS_MAX) {
    faults.push({
      pointer: '/regions',
      code: 'out_of_range',
      message: `there are at most ${REGIONS_MAX} regions`,
    });
  }
  for (const [at, { members }] of regions.entries()) {
    if (members.length <= REGION_MEMBERS_MAX) continue;
    const message = `a region has at most ${REGION_MEMBERS_MAX} members`;
    faults.push({ pointer: `/regions/${at}/members`, code: 'out_of_range', message });
  }
  const [first, ...others] = faults;
  if (first === undefined) return;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  throw new AdminError('invalid', `the regions have a fault: ${first.message}${more}`, { faults });
}

function snapshotOf(row: JurisdictionsRow): Record<string, string | number> {
  return {
    document_sha256: createHash('sha256').update(canonicalJson(row.document)).digest('hex'),
    region_count: viewOf(row).regions.length,
    version: row.version,
  };
}

function viewOf(row: JurisdictionsRow | null): JurisdictionsView {
  if (row === null) return { version: 0, regions: [], createdAt: null, createdBy: null };
  const { regions } = row.document as { regions: Region[] }; // stored by publish
  return {
    version: row.version,
    regions,
    createdAt: row.created_at.toISOString(),
    createdBy: row.created_by,
  };
}
