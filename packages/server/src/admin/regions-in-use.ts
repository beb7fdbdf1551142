// admin/regions-in-use.ts: refuses a list of regions that would change what rules mean which name one of them: a row, a tier or a
// threshold that no longer holds somewhere, a waiver that holds in one country more. Those rules have to be changed first.
import { type Regions, compareRegions, compileRegions, parseInstant, type Region } from '@countersign/core';

import { type JurisdictionRuleRow, listJurisdictionRules } from '../ledger/list-jurisdiction-rules.ts';
import { AdminError, type AdminFault } from './admin-error.ts';
import type { ChangeStep } from './apply-change.ts';

export async function refuseRegionsInUse(
  step: ChangeStep,
  former: Regions,
  regions: readonly Region[],
): Promise<void> {
  const atMs = step.at.getTime();
  const { rows } = await step.tx.query<JurisdictionRuleRow>(listJurisdictionRules(step.at));
  const users = new Map<string, string[]>();
  for (const row of rows) {
    for (const { region, where } of regionsNamedBy(row, former, atMs)) {
      users.set(region, [...(users.get(region) ?? []), where]);
    }
  }
  if (users.size === 0) return;
  const difference = compareRegions(former, compileRegions(regions), new Set(users.keys()), atMs);
  const usersOf = (region: string): string => someOf(users.get(region) ?? []);
  const faults: AdminFault[] = [];
  for (const { region, gained, lost } of difference.regions) {
    const at = regions.findIndex(({ id }) => id === region);
    const change =
      at < 0
        ? 'cannot be removed'
        : `cannot be changed (${[gainText('gains', gained), gainText('loses', lost)].filter(Boolean).join(', ')})`;
    faults.push({
      pointer: at < 0 ? '/regions' : `/regions/${at}/members`,
      code: 'region_in_use',
      message: `region \`${region}\` ${change}: ${usersOf(region)} name it; change them first, or define another region`,
    });
  }
  const [order] = difference.orders;
  if (order !== undefined) {
    const [was, is] = [order.before, order.after].map((chain) => chain.join(', '));
    const moved = order.before.filter((code) => users.has(code));
    faults.push({
      pointer: '/regions',
      code: 'region_in_use',
      message: `rules for \`${order.country}\` would be looked for in the order ${is ?? ''} instead of ${was ?? ''}: ${someOf(moved.flatMap((code) => users.get(code) ?? []))} name them`,
    });
  }
  const [first, ...others] = faults;
  if (first === undefined) return;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  throw new AdminError('invalid', `the regions are in use: ${first.message}${more}`, { faults });
}

function gainText(verb: string, countries: readonly string[]): string {
  return countries.length === 0 ? '' : `it ${verb} ${someOf(countries)}`;
}

const NAMED_MAX = 3;

function someOf(names: readonly string[]): string {
  const more = names.length - NAMED_MAX;
  return more <= 0 ? names.join(', ') : `${names.slice(0, NAMED_MAX).join(', ')} and ${more} more`;
}

interface NamedRegion {
  readonly region: string;
  /** For messages: the document and the pointer in it. */
  readonly where: string;
}

/** Documents as they were accepted: every form was checked then. */
interface RuleDocument {
  readonly jurisdiction?: string;
  readonly valid_until?: string;
  readonly rows?: readonly RuleEntry[];
  readonly tiers?: readonly RuleEntry[];
  readonly tender_thresholds?: readonly RuleEntry[];
}

interface RuleEntry {
  readonly jurisdiction?: string;
  readonly valid_until?: string | null;
}

const NAMES: Readonly<Record<JurisdictionRuleRow['kind'], string>> = {
  authority_matrix: 'authority matrix version',
  policy: 'sourcing policy',
  tender: 'tender',
  framework: 'framework agreement',
  waiver: 'waiver',
};

function regionsNamedBy(
  { kind, id, document }: JurisdictionRuleRow,
  regions: Regions,
  atMs: number,
): NamedRegion[] {
  const { rows = [], tiers = [], tender_thresholds: thresholds = [], ...rule } = document as RuleDocument; // see there
  const named: NamedRegion[] = [];
  const look = (entry: RuleEntry, pointer: string): void => {
    const region = entry.jurisdiction?.toUpperCase();
    if (region === undefined || region === 'EU' || !regions.ids.has(region)) return;
    const until = typeof entry.valid_until === 'string' ? parseInstant(entry.valid_until) : undefined;
    if (until !== undefined && until <= atMs) return; // lapsed for good
    named.push({ region, where: `${NAMES[kind]} \`${id}\`${pointer === '' ? '' : ` at ${pointer}`}` });
  };
  look(rule, '');
  for (const [at, row] of rows.entries()) look(row, `/rows/${at}`);
  for (const [at, tier] of tiers.entries()) look(tier, `/tiers/${at}`);
  for (const [at, threshold] of thresholds.entries()) look(threshold, `/tender_thresholds/${at}`);
  return named;
}
