// conformance/evidence.ts: what a run leaves behind, as it stands in the pack: exchanges, expectations, cases. Data only.
// Everything a verdict rests on is in it, so that whoever reads it can come to the verdict alone.
import type { TestId } from './standard.ts';

/** JSON as it was sent and received, keys blacked out. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

export interface Exchange {
  readonly number: number;
  /** Whose key it was sent with; null: none. */
  readonly actor: string | null;
  readonly method: string;
  readonly path: string;
  readonly sent: Json;
  readonly status: number;
  readonly received: Json;
  readonly at: string;
  readonly took_ms: number;
}

/** One thing that must hold of one answer. `at`: JSON pointer (RFC 6901) into `{status, received}`. */
export interface Expectation {
  readonly exchange: number;
  readonly at: string;
  readonly check: Check;
}

/**
 * `equals` is exact; `matches` is for objects: each named member must match. `has`: some element of the list matches;
 * `lacks`: none does. `absent`: null or not there. `at_most`: a number.
 */
export type Check =
  | { readonly equals: Json }
  | { readonly one_of: readonly Json[] }
  | { readonly matches: Json }
  | { readonly has: Json }
  | { readonly lacks: Json }
  | { readonly present: true }
  | { readonly absent: true }
  | { readonly at_most: number };

export interface ExpectationResult extends Expectation {
  readonly holds: boolean;
}

export type Verdict = 'passed' | 'failed' | 'not_tested';

export interface CaseRecord {
  readonly case_id: string;
  readonly test: TestId;
  /** Of AG-642. */
  readonly clauses: readonly string[];
  readonly title: string;
  /** `stops`: it must be stopped; `lets_pass`: it must not; `shows`: something must be there to see. */
  readonly kind: 'stops' | 'lets_pass' | 'shows';
  readonly verdict: Verdict;
  /** Why it was not tested, or what broke off; the failed expectations stand for themselves. */
  readonly reason: string | null;
  /** The repository's own test of it, where no black box can show it. */
  readonly own_test: string | null;
  readonly started_at: string;
  readonly ended_at: string;
  readonly exchanges: readonly Exchange[];
  readonly expectations: readonly ExpectationResult[];
  /** Of test 8.8: what is checked over the whole record, see assess-record.ts. */
  readonly record_checks?: readonly RecordCheck[];
}

/** One check over everything that was attempted and everything that was logged. */
export interface RecordCheck {
  readonly check: string;
  readonly counted: number;
  /** At most fifty. */
  readonly faults: readonly string[];
}
