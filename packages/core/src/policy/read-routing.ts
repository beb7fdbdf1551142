// policy/read-routing.ts: how a rule asks for its signatures: how many, in which order, and what silence leads to.
// Clause: AG-642 4.5.
import type { StepRouting } from '../finding.ts';
import { isIdentifier } from './json-document.ts';
import type { ParameterReader } from './parameter-reader.ts';

const QUORUM_MAX = 20;
const ORDER_MAX = 100;
const MINUTES_MAX = 525_600; // a year
const MINUTE_MS = 60_000;
const NAMES = ['quorum', 'order', 'remind_after_minutes', 'escalate_after_minutes', 'escalate_to'] as const;

/** Ids of those who may sign; null: any approver. */
export function readApprovers(reader: ParameterReader, name = 'approvers'): readonly string[] | null {
  if (!reader.has(name)) return null;
  return reader.list(name, (entry) =>
    isIdentifier(entry)
      ? { ok: true, value: entry }
      : { ok: false, code: 'invalid_id', message: `\`${entry}\` is not the id of an approver.` },
  );
}

/** undefined: the rule says nothing of it. */
export function readRouting(
  reader: ParameterReader,
  approvers: readonly string[] | null,
): StepRouting | undefined {
  if (!NAMES.map((name) => reader.has(name)).includes(true)) return undefined;
  const quorum = reader.has('quorum') ? reader.integer('quorum', { min: 1, max: QUORUM_MAX }) : 1;
  const escalateTo = readApprovers(reader, 'escalate_to') ?? [];
  const escalateAfterMs = readMinutes(reader, 'escalate_after_minutes');
  if (approvers !== null && approvers.length > 0 && quorum > new Set(approvers).size) {
    const message = `\`quorum\` asks for ${quorum} signatures, and \`approvers\` names fewer people.`;
    reader.fault('quorum', 'quorum_too_large', message);
  }
  if (reader.has('escalate_to') !== reader.has('escalate_after_minutes')) {
    const message = '`escalate_to` and `escalate_after_minutes` are given together.';
    reader.fault('escalate_to', 'incomplete_escalation', message);
  }
  if (reader.has('escalate_to') && approvers === null) {
    const message = 'Any approver may sign, so there is nobody to escalate to: name `approvers` too.';
    reader.fault('escalate_to', 'escalation_without_approvers', message);
  }
  return {
    tier: null,
    quorum,
    order: reader.has('order') ? reader.integer('order', { min: 0, max: ORDER_MAX }) : null,
    remindAfterMs: readMinutes(reader, 'remind_after_minutes'),
    escalateAfterMs,
    escalateTo,
  };
}

function readMinutes(reader: ParameterReader, name: string): number | null {
  return reader.has(name) ? reader.integer(name, { min: 1, max: MINUTES_MAX }) * MINUTE_MS : null;
}
