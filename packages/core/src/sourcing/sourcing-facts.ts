// sourcing/sourcing-facts.ts: what sourcing rules know about one purchase: the policies that bind it, and the tender,
// framework agreement and waivers it can rest on. Data only; configuration that cannot change under the lock.
import type { CurrencyCode } from '../currency.ts';
import type { CompiledSourcingPolicy } from './sourcing-policy.ts';

export interface SourcingFacts {
  readonly policies: readonly CompiledSourcingPolicy[];
  /** Where the buying entity is, nearest first, `*` last: `DE`, `EU`, `*`. */
  readonly jurisdictions: readonly string[];
  /** The one the purchase cites; null: none, or there is no such one. */
  readonly tender: TenderRecord | null;
  readonly framework: FrameworkAgreement | null;
  /** Approved ones that may cover it, the narrowest first. */
  readonly waivers: readonly SourcingWaiver[];
}

/** A competition that was held: who won it, for what, up to how much. */
export interface TenderRecord {
  readonly tenderReference: string;
  readonly version: number;
  /** A host, a vendor id, a registered supplier or a group of suppliers. */
  readonly winner: string;
  /** Folded; null: any. */
  readonly category: string | null;
  /** null: any. */
  readonly jurisdiction: string | null;
  readonly ceilingMinor: bigint;
  readonly currency: CurrencyCode;
  readonly validFromMs: number;
  /** It is not valid any more at this instant. */
  readonly validUntilMs: number;
}

/** An agreement under which things are called off, up to a total. */
export interface FrameworkAgreement {
  readonly frameworkId: string;
  readonly version: number;
  readonly supplier: string;
  /** Folded; null: any. */
  readonly categories: readonly string[] | null;
  readonly ceilingMinor: bigint;
  readonly currency: CurrencyCode;
  /** null: up to the ceiling. */
  readonly perCallOffMaxMinor: bigint | null;
  readonly validFromMs: number;
  readonly validUntilMs: number;
  /** Who may call off; both null: anyone. */
  readonly agents: readonly string[] | null;
  readonly teams: readonly string[] | null;
  /** false: a person signs each call-off. */
  readonly isPreApproved: boolean;
}

/** An exception from the tender threshold that a second person has approved. It lapses by itself. */
export interface SourcingWaiver {
  readonly waiverId: string;
  /** null: any. */
  readonly agentId: string | null;
  readonly supplier: string;
  /** Folded; null: any. */
  readonly category: string | null;
  readonly jurisdiction: string | null;
  readonly upToMinor: bigint;
  readonly currency: CurrencyCode;
  readonly validUntilMs: number;
}

/** What the request itself says for sourcing rules. */
export interface SourcingClaims {
  /** null: neither of the two. */
  readonly commitmentType: 'call_off' | 'blanket' | null;
  readonly tenderReference: string | null;
  readonly frameworkId: string | null;
  readonly waiverId: string | null;
  /** Of `amount_details`; null: not given. */
  readonly netMinor: bigint | null;
  /** `estimated_contract_value`; null: not given. */
  readonly contractValueMinor: bigint | null;
}

/** A call-off from an agreement: its own ceiling is the aggregate, so neither tender thresholds nor sums concern it. */
export function isCallOff(claims: SourcingClaims | null, framework: FrameworkAgreement | null): boolean {
  if (framework === null || claims === null) return false;
  return claims.commitmentType !== null && claims.frameworkId !== null;
}
