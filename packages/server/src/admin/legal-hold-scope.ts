// admin/legal-hold-scope.ts: what a legal hold is about: all text, that of some purchases, or that of some subjects of the
// configuration. Pure. What a hold does not plainly leave out, it holds.
import { invalid } from './admin-error.ts';
import { checkedInstant, checkedList } from './checked-input.ts';

/** As stored; the members of a group are ANDed. */
export interface LegalHoldScope {
  readonly everything?: true | undefined;
  readonly agent_ids?: readonly string[] | undefined;
  readonly request_ids?: readonly string[] | undefined;
  readonly vendors?: readonly string[] | undefined;
  /** When it was asked for: from included, until excluded. */
  readonly from?: string | undefined;
  readonly until?: string | undefined;
  /** Principals, agents, budgets, ...: their names, addresses and reasons, and changes of them. */
  readonly subject_ids?: readonly string[] | undefined;
}

const TEXT_LENGTH_MAX = 512;

export function checkedScope(input: LegalHoldScope): LegalHoldScope {
  const { everything, subject_ids: subjectIds, ...purchases } = input;
  const groups = [
    everything === true,
    subjectIds !== undefined,
    Object.values(purchases).some((value) => value !== undefined),
  ];
  if (groups.filter(Boolean).length !== 1) {
    const message =
      'name one of `everything`, purchases (`agent_ids`, `request_ids`, `vendors`, `from`, `until`), or `subject_ids`';
    throw invalid('/scope', message, 'invalid_scope');
  }
  if (everything === true) return { everything };
  const list = (name: 'agent_ids' | 'request_ids' | 'vendors' | 'subject_ids'): object => {
    const entries = input[name];
    return entries === undefined ? {} : { [name]: checkedList(`/scope/${name}`, entries, checkedEntry) };
  };
  if (subjectIds !== undefined) return list('subject_ids');
  const { from, until } = purchases;
  const [start, end] = [instantOf('/scope/from', from), instantOf('/scope/until', until)];
  if (start !== null && end !== null && end <= start) {
    throw invalid('/scope/until', 'it ends after it starts', 'out_of_range');
  }
  return {
    ...list('agent_ids'),
    ...list('request_ids'),
    ...list('vendors'),
    ...(start === null ? {} : { from: start.toISOString() }),
    ...(end === null ? {} : { until: end.toISOString() }),
  };
}

export interface HeldPurchase {
  readonly request_id: string;
  readonly agent_id: string;
  readonly vendor: string;
  readonly created_at: Date;
}

export function holdsPurchase(scope: LegalHoldScope, purchase: HeldPurchase): boolean {
  if (scope.everything === true) return true;
  if (scope.subject_ids !== undefined) return scope.subject_ids.includes(purchase.agent_id);
  const { agent_ids: agents, request_ids: requests, vendors, from, until } = scope;
  return (
    (agents === undefined || agents.includes(purchase.agent_id)) &&
    (requests === undefined || requests.includes(purchase.request_id)) &&
    (vendors === undefined || vendors.includes(purchase.vendor)) &&
    (from === undefined || purchase.created_at >= new Date(from)) &&
    (until === undefined || purchase.created_at < new Date(until))
  );
}

/** Of a subject of the configuration. */
export function holdsSubject(scope: LegalHoldScope, subjectId: string): boolean {
  if (scope.everything === true) return true;
  return scope.subject_ids?.includes(subjectId) === true || scope.agent_ids?.includes(subjectId) === true;
}

/** Of what is kept without saying whom it is about. */
export function holdsSomeSubject(scope: LegalHoldScope): boolean {
  return scope.everything === true || scope.subject_ids !== undefined || scope.agent_ids !== undefined;
}

function checkedEntry(field: string, entry: string): string {
  if (entry !== '' && entry.length <= TEXT_LENGTH_MAX && !/\p{Cc}|\p{Cs}/u.test(entry)) return entry;
  throw invalid(field, `it has 1 to ${TEXT_LENGTH_MAX} characters, and no control characters`, 'invalid_id');
}

function instantOf(field: string, text: string | undefined): Date | null {
  return text === undefined ? null : checkedInstant(field, text);
}
