// gate/sourcing-configuration.ts: sourcing policies, tenders, framework agreements and waivers, compiled once per version
// of the configuration and found by id. Must not decide which of them holds.
import {
  type CompiledSourcingPolicy,
  type FrameworkAgreement,
  type SourcingWaiver,
  type TenderRecord,
  narrowestFirst,
  parseFramework,
  parseSourcingPolicy,
  parseTender,
  parseWaiver,
} from '@countersign/core';

import type { SourcingRow, WaiverStateRow } from '../ledger/load-configuration.ts';

export interface SourcingConfiguration {
  /** Those that bind everyone. */
  readonly general: readonly CompiledSourcingPolicy[];
  /** Those that bind whom they name: `agent:id`, `team:id`, `entity:id`, `cost_center:id`. */
  readonly byScope: ReadonlyMap<string, readonly CompiledSourcingPolicy[]>;
  readonly tenders: ReadonlyMap<string, TenderRecord>;
  readonly frameworks: ReadonlyMap<string, FrameworkAgreement>;
  /** By the supplier they name, the narrowest first. Past ones too: there is no clock here. */
  readonly waiversBySupplier: ReadonlyMap<string, readonly SourcingWaiver[]>;
}

export function compileSourcing(
  rows: readonly SourcingRow[],
  waivers: readonly WaiverStateRow[],
): SourcingConfiguration {
  const general: CompiledSourcingPolicy[] = [];
  const byScope = new Map<string, CompiledSourcingPolicy[]>();
  const tenders = new Map<string, TenderRecord>();
  const frameworks = new Map<string, FrameworkAgreement>();
  for (const { kind, record_id: id, version, document } of rows) {
    if (kind === 'tender') tenders.set(id, storedTender(id, document, version));
    else if (kind === 'framework') frameworks.set(id, storedFramework(id, document, version));
    else {
      const policy = storedSourcingPolicy(id, document, version);
      if (policy.appliesTo.everyone) general.push(policy);
      else for (const key of scopeKeysOf(policy)) add(byScope, key, policy);
    }
  }
  const waiversBySupplier = new Map<string, SourcingWaiver[]>();
  for (const row of waivers) {
    const waiver = storedWaiver(row.waiver_id, row.document);
    add(waiversBySupplier, waiver.supplier, waiver);
  }
  for (const group of waiversBySupplier.values()) group.sort(narrowestFirst);
  return { general, byScope, tenders, frameworks, waiversBySupplier };
}

/** What was accepted when it was stored parses for good; anything else is a fault of the database. */
export function storedSourcingPolicy(id: string, document: unknown, version: number): CompiledSourcingPolicy {
  const parsed = parseSourcingPolicy(id, document, version, null);
  if (parsed.ok) return parsed.policy;
  throw new Error(`the stored sourcing policy ${id} does not parse: ${parsed.faults[0]?.message ?? ''}`);
}

export function storedTender(id: string, document: unknown, version: number): TenderRecord {
  const parsed = parseTender(id, document, version, null);
  if (parsed.ok) return parsed.value;
  throw new Error(`the stored tender ${id} does not parse: ${parsed.faults[0]?.message ?? ''}`);
}

export function storedFramework(id: string, document: unknown, version: number): FrameworkAgreement {
  const parsed = parseFramework(id, document, version);
  if (parsed.ok) return parsed.value;
  throw new Error(`the stored framework agreement ${id} does not parse: ${parsed.faults[0]?.message ?? ''}`);
}

export function storedWaiver(id: string, document: unknown): SourcingWaiver {
  const parsed = parseWaiver(id, document, null);
  if (parsed.ok) return parsed.value;
  throw new Error(`the stored waiver ${id} does not parse: ${parsed.faults[0]?.message ?? ''}`);
}

function scopeKeysOf({ appliesTo }: CompiledSourcingPolicy): string[] {
  return [
    ...appliesTo.agents.map((id) => `agent:${id}`),
    ...appliesTo.teams.map((id) => `team:${id}`),
    ...appliesTo.entities.map((id) => `entity:${id}`),
    ...appliesTo.costCenters.map((id) => `cost_center:${id}`),
  ];
}

function add<T>(groups: Map<string, T[]>, key: string, item: T): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, [item]);
  else group.push(item);
}
