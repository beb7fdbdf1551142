// admin/read-regions.ts: the regions that rules may name as a jurisdiction, as they stand inside a change.
import { NO_REGIONS, type Region, type Regions, compileRegions } from '@countersign/core';

import { type JurisdictionsRow, findJurisdictions } from '../ledger/find-jurisdictions.ts';
import { type ChangeStep, firstRow } from './apply-change.ts';

export async function readRegions(step: ChangeStep): Promise<Regions> {
  const row = await firstRow<JurisdictionsRow>(step.tx, findJurisdictions());
  if (row === null) return NO_REGIONS;
  const { regions } = row.document as { regions: Region[] }; // as admin/jurisdictions stored it
  return compileRegions(regions);
}
