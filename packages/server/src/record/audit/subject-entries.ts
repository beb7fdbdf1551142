// record/audit/subject-entries.ts: the entries of one request, card or check beside its row, and how a row follows from
// them. Must not blame a row for an entry that was changed itself.
import { verifyCommitment } from '@countersign/audit';
import { parseAmount, parseCurrency } from '@countersign/core';
import type { QueryResultRow } from 'pg';

import {
  type AuditedEntry,
  type Columns,
  type RowAudit,
  entryOf,
  fieldOf,
  instant,
  textField,
} from './row-audit.ts';

/** 64 bits of the duplicate key of a purchase or check, from the terms in its entry. */
export type FingerprintOf = (
  subject: 'purchase' | 'check',
  terms: Readonly<Record<string, unknown>>,
) => bigint;

export interface WithEntries extends QueryResultRow {
  entries: { entry_id: string; body: string }[] | null;
}

export function entriesOf(audit: RowAudit, subjectId: string, row: WithEntries): AuditedEntry[] | null {
  if (audit.alteredSubjects.has(subjectId)) return null;
  const entries: AuditedEntry[] = [];
  for (const { entry_id: id, body } of row.entries ?? []) {
    const entryId = BigInt(id);
    const entry = entryOf({ entry_id: entryId, subject_id: subjectId, body: Buffer.from(body, 'base64') });
    // A row that rests on a changed entry is not blamed: the entry is.
    if (entry === null || audit.altered.has(entryId)) return null;
    entries.push(entry);
  }
  return entries;
}

/** Leaves out what the log does not say. */
export function said(columns: Columns): Columns {
  return Object.fromEntries(Object.entries(columns).filter(([, [expected]]) => expected !== undefined));
}

export function minorOf(terms: unknown): bigint | undefined {
  const currency = parseCurrency(textField(terms, 'currency') ?? '');
  const amount = textField(terms, 'amount');
  if (currency === undefined || amount === null) return undefined;
  const parsed = parseAmount(amount, currency, { allowZero: true });
  return parsed.ok ? parsed.minor : undefined;
}

export function asTerms(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : null;
}

/** When an entry's change happened: a replayed purchase is decided at a time of its own. */
export function happenedAt(entry: AuditedEntry): string | null {
  return instant(fieldOf(entry.body, 'decision', 'decided_at') ?? entry.body['at']);
}

export const COMMITTED = 'a text that fits its commitment';

export function isCommitted(commitment: unknown, text: string, salt: Buffer | null): string {
  const fits = typeof commitment === 'string' && salt !== null && verifyCommitment(commitment, text, salt);
  return fits ? COMMITTED : 'another text';
}

/** The entries that left this part of the state as it is now: those of the transition that did it last. */
export function lastChange(
  entries: readonly AuditedEntry[],
  part: (entry: AuditedEntry) => unknown,
): AuditedEntry[] {
  const latest = JSON.stringify(part(entries.at(-1) ?? { entryId: 0n, subjectId: '', type: '', body: {} }));
  let from = entries.length - 1;
  while (from > 0) {
    const before = entries[from - 1];
    if (before === undefined || JSON.stringify(part(before)) !== latest) break;
    from -= 1;
  }
  const at = entries[from]?.body['at'];
  return entries.slice(from).filter((entry) => entry.body['at'] === at);
}

/** One of several entries of a transition: whichever the row names, else the first. */
export function oneOf(entries: readonly AuditedEntry[], found: unknown): bigint | undefined {
  return (entries.find((entry) => entry.entryId === found) ?? entries[0])?.entryId;
}
