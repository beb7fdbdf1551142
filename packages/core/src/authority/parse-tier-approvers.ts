// authority/parse-tier-approvers.ts: who signs a tier and how many of them must. A tier that nobody can sign is a fault.
import { isIdentifier, isJsonObject, kindOf, pointerTo } from '../policy/json-document.ts';
import { ParameterReader } from '../policy/parameter-reader.ts';
import type { RuleFault } from '../policy/rule.ts';
import type { TierApprover } from './authority-matrix.ts';
import { parseInstant } from './parse-instant.ts';

const APPROVERS_MAX = 100;

/** Each entry an id, or `{approver_id, substitute: {approver_id, from, until}}`. */
export function parseApprovers(
  value: unknown,
  pointer: string,
  faults: RuleFault[],
): readonly TierApprover[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > APPROVERS_MAX) {
    const message = `\`approvers\` must be a list of 1 to ${APPROVERS_MAX}: a tier that nobody can sign holds for ever.`;
    faults.push({ pointer, code: 'nobody_can_sign', message });
    return [];
  }
  const approvers: TierApprover[] = [];
  const seen = new Set<string>();
  for (const [index, entry] of (value as readonly unknown[]).entries()) {
    const at = pointerTo(pointer, index);
    const approver = readApprover(entry, at, faults);
    if (approver === null) continue;
    if (seen.has(approver.approverId)) {
      const message = `\`${approver.approverId}\` is listed twice: one person signs once.`;
      faults.push({ pointer: at, code: 'duplicate_approver', message });
    }
    seen.add(approver.approverId);
    approvers.push(approver);
  }
  return approvers;
}

function readApprover(entry: unknown, pointer: string, faults: RuleFault[]): TierApprover | null {
  const id = isJsonObject(entry) ? entry['approver_id'] : entry;
  if (typeof id !== 'string' || !isIdentifier(id)) {
    const message = `an approver is named by id, or by an object with \`approver_id\`, not ${kindOf(id)}.`;
    faults.push({ pointer, code: 'invalid_id', message });
    return null;
  }
  if (!isJsonObject(entry)) return { approverId: id, substitute: null };
  for (const name of Object.keys(entry)) {
    if (name === 'approver_id' || name === 'substitute') continue;
    faults.push({
      pointer: pointerTo(pointer, name),
      code: 'unknown_field',
      message: `\`${name}\` is not a field of an approver.`,
    });
  }
  const substitute = entry['substitute'];
  if (substitute === undefined) return { approverId: id, substitute: null };
  const at = pointerTo(pointer, 'substitute');
  if (!isJsonObject(substitute)) {
    faults.push({
      pointer: at,
      code: 'wrong_type',
      message: 'a substitute is an object with `approver_id`, `from` and `until`.',
    });
    return null;
  }
  const reader = new ParameterReader(substitute, at);
  const approverId = reader.text('approver_id');
  const fromMs = parseInstant(reader.text('from'));
  const untilMs = parseInstant(reader.text('until'));
  if (approverId === id) reader.fault('approver_id', 'own_substitute', 'Nobody is their own substitute.');
  if (fromMs === undefined || untilMs === undefined || untilMs <= fromMs) {
    reader.fault(
      'until',
      'invalid_time',
      '`from` and `until` must be times (RFC 3339), the first before the second.',
    );
  }
  const built = reader.finish(() => ({ approverId, fromMs: fromMs ?? 0, untilMs: untilMs ?? 0 }));
  if (built.ok) return { approverId: id, substitute: built.value };
  faults.push(...built.faults);
  return null;
}

/** A number, or words such as `2 of 3`. */
export function parseQuorum(
  value: unknown,
  {
    approverCount,
    pointer,
    faults,
  }: { readonly approverCount: number; readonly pointer: string; readonly faults: RuleFault[] },
): number {
  const words = typeof value === 'string' ? /^([1-9][0-9]?)(?: of ([1-9][0-9]?))?$/.exec(value) : null;
  const quorum = typeof value === 'number' ? value : Number(words?.[1] ?? NaN);
  const outOf = words?.[2] === undefined ? approverCount : Number(words[2]);
  if (!Number.isInteger(quorum) || quorum < 1) {
    faults.push({
      pointer,
      code: 'invalid_quorum',
      message: '`quorum` must be a whole number from 1, or words such as `2 of 3`.',
    });
    return 1;
  }
  if (approverCount > 0 && (quorum > approverCount || outOf !== approverCount)) {
    const message = `\`quorum\` asks for ${quorum} of ${outOf} signatures and the tier lists ${approverCount} approvers.`;
    faults.push({ pointer, code: 'nobody_can_sign', message });
  }
  return quorum;
}
