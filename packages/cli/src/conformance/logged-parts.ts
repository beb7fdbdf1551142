// conformance/logged-parts.ts: what AG-642 4.6 wants of the log entry of an attempt, looked for in one: value, authority
// limit, budget, sourcing and split results, routing, outcome; each the same as what the agent was answered. Pure.
import type { Exchange, Json } from './evidence.ts';
import { valueAt } from './expectation.ts';
import type { LoggedEntry } from './log-evidence.ts';

type Members = Readonly<Record<string, Json>>;

/** Sentences on what is missing or another than was answered. */
export function missingParts(
  attempt: Exchange,
  { subject_id, entry }: LoggedEntry,
  hasMatrix: boolean,
): string[] {
  const decision = membersOf(entry['decision']);
  const facts = membersOf(decision['facts']);
  const controls = controlsOf(decision);
  const parts: readonly (readonly [string, boolean])[] = [
    ['its value', isSameValue(attempt, membersOf(entry['terms']))],
    ['the applicable authority limit', !hasMatrix || hasAuthority(facts, controls)],
    ['the budget result', ['budget_room', 'budget_allocation'].some((control) => controls.has(control))],
    ['the sourcing result', controls.has('prohibited_supplier') && 'sourcing' in facts],
    ['the split-order result', hasSplitResult(decision, facts)],
    ['the routing', hasRouting(attempt, entry)],
    ['the outcome', isSameOutcome(attempt, entry, decision)],
  ];
  return parts
    .filter(([, isThere]) => !isThere)
    .map(([part]) => `the entry of ${subject_id} does not have ${part}`);
}

function isSameValue(attempt: Exchange, terms: Members): boolean {
  return ['amount', 'currency', 'vendor', 'agent_id'].every(
    (name) => terms[name] !== undefined && terms[name] === valueAt(attempt, `/received/${name}`),
  );
}

/** The row it was held against, or that there was none. */
function hasAuthority(facts: Members, controls: ReadonlySet<string>): boolean {
  const authority = membersOf(facts['authority']);
  return typeof authority['matrix'] === 'number' && controls.has('authority_limit');
}

/** What it was added up with stands in the facts; an entry without has nothing near it. */
function hasSplitResult(decision: Members, facts: Members): boolean {
  const isRelated = listOf(decision['findings']).some(
    (finding) => 'related_request_ids' in membersOf(finding),
  );
  return !isRelated || 'related' in facts;
}

/** To whom it was routed, the same as was answered; what is not held is routed to nobody. */
function hasRouting(attempt: Exchange, entry: Members): boolean {
  const answered = listOf(valueAt(attempt, '/received/approval/steps'));
  const logged = listOf(membersOf(entry['approval'])['steps']);
  const isHeld = valueAt(attempt, '/received/status') === 'held';
  return logged.length === answered.length && (!isHeld || logged.length > 0);
}

function isSameOutcome(attempt: Exchange, entry: Members, decision: Members): boolean {
  const answered = valueAt(attempt, '/received/status');
  return decision['outcome'] === answered && membersOf(entry['state'])['status'] === answered;
}

/** Controls that spoke: in findings, or as rows of what passed. */
function controlsOf(decision: Members): Set<string> {
  const found = listOf(decision['findings']).map((finding) => textOf(membersOf(finding)['control']));
  const passed = listOf(decision['passed']).map((row) => textOf(listOf(row)[0]));
  return new Set([...found, ...passed]);
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function membersOf(value: Json | undefined): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {}; // no list
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : []; // a list of JSON
}
