// authority/parse-authority-matrix.ts: turns a published matrix into what the gate reads, or says everything that is wrong
// with it, each fault with the JSON pointer (RFC 6901) of its field. Runs once, at publication.
// Must not know who exists: whether an approver is a principal is the publisher's to check.
import type { CurrencyCode } from '../currency.ts';
import { isIdentifier, isJsonObject, kindOf, pointerTo } from '../policy/json-document.ts';
import { ParameterReader } from '../policy/parameter-reader.ts';
import type { RuleFault } from '../policy/rule.ts';
import { ANY, type AuthorityMatrix, type AuthorityRow, type AuthorityTier } from './authority-matrix.ts';
import { parseInstant } from './parse-instant.ts';
import { parseApprovers, parseQuorum } from './parse-tier-approvers.ts';

export type ParseAuthorityMatrixResult =
  | { readonly ok: true; readonly matrix: AuthorityMatrix }
  | { readonly ok: false; readonly faults: readonly RuleFault[] };

const ROWS_MAX = 10_000;
const TIERS_MAX = 200;
const MS_PER_HOUR = 3_600_000;
const HOURS_MAX = 24 * 90;

type Fields = Readonly<Record<string, unknown>>;

/** Never throws for a faulty document. */
export function parseAuthorityMatrix(
  document: unknown,
  { version, effectiveFromMs }: { readonly version: number; readonly effectiveFromMs: number },
): ParseAuthorityMatrixResult {
  const faults: RuleFault[] = [];
  if (!isJsonObject(document)) {
    const message = `a matrix must be an object, not ${kindOf(document)}.`;
    return { ok: false, faults: [{ pointer: '', code: 'wrong_type', message }] };
  }
  for (const name of Object.keys(document)) {
    if (['rows', 'tiers', 'effective_from'].includes(name)) continue;
    const message = `\`${name}\` is not a field of a matrix; it has \`rows\`, \`tiers\` and \`effective_from\`.`;
    faults.push({ pointer: pointerTo('', name), code: 'unknown_field', message });
  }
  const rows = listOf(document, 'rows', ROWS_MAX, faults).flatMap((fields, index) => {
    const row = readRow(fields, index, faults);
    return row === null ? [] : [row];
  });
  const tiers = (document['tiers'] === undefined ? [] : listOf(document, 'tiers', TIERS_MAX, faults)).flatMap(
    (fields, index) => {
      const tier = readTier(fields, pointerTo('/tiers', index), faults);
      return tier === null ? [] : [tier];
    },
  );
  if (faults.length === 0) {
    reportOverlaps(rows, faults);
    reportContradictions(tiers, faults);
  }
  return faults.length > 0
    ? { ok: false, faults }
    : {
        ok: true,
        matrix: {
          version,
          effectiveFromMs,
          rowsByAgent: groupedBy(rows, (row) => row.agentId),
          rowsByRole: groupedBy(rows, (row) => row.role),
          tiers,
        },
      };
}

function groupedBy(
  rows: readonly AuthorityRow[],
  nameOf: (row: AuthorityRow) => string | null,
): Map<string, AuthorityRow[]> {
  const groups = new Map<string, AuthorityRow[]>();
  for (const row of rows) {
    const name = nameOf(row);
    if (name === null) continue;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [row]);
    else group.push(row);
  }
  return groups;
}

function listOf(document: Fields, name: string, max: number, faults: RuleFault[]): Fields[] {
  const value = document[name];
  const pointer = pointerTo('', name);
  if (!Array.isArray(value)) {
    const message = value === undefined ? `\`${name}\` is required.` : `\`${name}\` must be a list.`;
    faults.push({ pointer, code: value === undefined ? 'missing_field' : 'wrong_type', message });
    return [];
  }
  if (value.length > max) {
    const message = `\`${name}\` has ${value.length} entries; at most ${max} are allowed.`;
    faults.push({ pointer, code: 'list_too_long', message });
    return [];
  }
  return (value as readonly unknown[]).map((entry, index) => {
    if (isJsonObject(entry)) return entry;
    const message = `this must be an object, not ${kindOf(entry)}.`;
    faults.push({ pointer: pointerTo(pointer, index), code: 'wrong_type', message });
    return {};
  });
}

function readRow(fields: Fields, index: number, faults: RuleFault[]): AuthorityRow | null {
  if (Object.keys(fields).length === 0) return null; // reported already, or below by its missing limit
  const pointer = pointerTo('/rows', index);
  const reader = new ParameterReader(fields, pointer);
  const rowId = reader.optionalText('row_id') ?? `row_${index + 1}`;
  const agentId = reader.optionalText('agent_id');
  const role = reader.optionalText('role');
  if ((agentId === null) === (role === null)) {
    reader.fault(
      'agent_id',
      'agent_or_role',
      'A row is for an `agent_id` (`*` for every agent) or for a `role`: give one of them.',
    );
  }
  if (agentId !== null && agentId !== ANY && !isIdentifier(agentId)) {
    reader.fault('agent_id', 'invalid_id', `\`${agentId}\` is not the id of an agent.`);
  }
  const category = categoryOf(reader);
  const jurisdiction = jurisdictionOf(reader);
  const limit = moneyOf(fields, 'autonomous_limit', reader, pointer, faults);
  const validFromMs = instantOf(reader, 'valid_from');
  const validUntilMs = instantOf(reader, 'valid_until');
  if (validFromMs !== null && validUntilMs !== null && validUntilMs <= validFromMs) {
    reader.fault('valid_until', 'empty_range', '`valid_until` must lie after `valid_from`.');
  }
  const built = reader.finish(() => ({
    rowId,
    agentId,
    role,
    category,
    jurisdiction,
    ...limit,
    validFromMs,
    validUntilMs,
  }));
  if (built.ok) return built.value;
  faults.push(...built.faults);
  return null;
}

function readTier(fields: Fields, pointer: string, faults: RuleFault[]): AuthorityTier | null {
  if (Object.keys(fields).length === 0) return null;
  // A tier may be numbered.
  const named = typeof fields['tier'] === 'number' ? { ...fields, tier: String(fields['tier']) } : fields;
  const reader = new ParameterReader(named, pointer);
  const tier = reader.text('tier');
  const category = categoryOf(reader);
  const jurisdiction = jurisdictionOf(reader);
  const limit = moneyOf(fields, 'limit', reader, pointer, faults);
  const approvers = parseApprovers(
    reader.has('approvers') ? fields['approvers'] : undefined,
    pointerTo(pointer, 'approvers'),
    faults,
  );
  const quorum = parseQuorum(reader.has('quorum') ? fields['quorum'] : 1, {
    approverCount: approvers.length,
    pointer: pointerTo(pointer, 'quorum'),
    faults,
  });
  const remindAfterMs = hoursOf(reader, 'remind_after_hours');
  const escalateAfterMs = hoursOf(reader, 'escalate_after_hours');
  const built = reader.finish(() => ({
    tier,
    category,
    jurisdiction,
    ...limit,
    approvers,
    quorum,
    remindAfterMs,
    escalateAfterMs,
  }));
  if (built.ok) return built.value;
  faults.push(...built.faults);
  return null;
}

function categoryOf(reader: ParameterReader): string {
  return (reader.optionalText('category') ?? ANY).toLowerCase();
}

function jurisdictionOf(reader: ParameterReader): string {
  const text = reader.optionalText('jurisdiction') ?? ANY;
  const code = text.toUpperCase();
  if (code !== ANY && !/^[A-Z0-9_.-]{2,64}$/.test(code)) {
    reader.fault('jurisdiction', 'invalid_jurisdiction', `\`${text}\` is not a country, a region or \`*\`.`);
  }
  return code;
}

function hoursOf(reader: ParameterReader, name: string): number | null {
  return reader.has(name) ? reader.integer(name, { min: 1, max: HOURS_MAX }) * MS_PER_HOUR : null;
}

function instantOf(reader: ParameterReader, name: string): number | null {
  const text = reader.optionalText(name);
  if (text === null || text === '') return null;
  const instant = parseInstant(text);
  if (instant === undefined) {
    reader.fault(
      name,
      'invalid_time',
      `\`${name}\` must be a time such as \`2026-03-01T00:00:00Z\` (RFC 3339).`,
    );
  }
  return instant ?? null;
}

function moneyOf(
  fields: Fields,
  name: string,
  reader: ParameterReader,
  pointer: string,
  faults: RuleFault[],
): { limitMinor: bigint; currency: CurrencyCode } {
  reader.has(name);
  const value = fields[name];
  const at = pointerTo(pointer, name);
  if (!isJsonObject(value)) {
    const code = value === undefined ? 'missing_parameter' : 'wrong_type';
    faults.push({
      pointer: at,
      code,
      message: `\`${name}\` must be an object with \`amount\` and \`currency\`.`,
    });
    return { limitMinor: 0n, currency: 'USD' };
  }
  const inner = new ParameterReader(value, at);
  const money = inner.money('amount', 'currency');
  const built = inner.finish(() => ({ limitMinor: money.minor, currency: money.currency }));
  if (built.ok) return built.value;
  faults.push(...built.faults);
  return { limitMinor: 0n, currency: 'USD' };
}

/** Two rows for the same agent or role, category and jurisdiction must not hold at the same time. */
function reportOverlaps(rows: readonly AuthorityRow[], faults: RuleFault[]): void {
  const byKey = new Map<string, { row: AuthorityRow; index: number }[]>();
  const indexOfId = new Map<string, number>();
  for (const [index, row] of rows.entries()) {
    const first = indexOfId.get(row.rowId);
    if (first !== undefined) {
      const message = `row ${first + 1} already has the row_id \`${row.rowId}\`.`;
      faults.push({ pointer: pointerTo('/rows', index, 'row_id'), code: 'duplicate_row_id', message });
    } else indexOfId.set(row.rowId, index);
    const key = JSON.stringify([row.agentId, row.role, row.category, row.jurisdiction]);
    const others = byKey.get(key) ?? [];
    byKey.set(key, others);
    const overlapping = others.find((other) => overlap(other.row, row));
    others.push({ row, index });
    if (overlapping === undefined) continue;
    const message =
      `row ${index + 1} overlaps row ${overlapping.index + 1}: the same agent or role, category and jurisdiction at ` +
      'the same time, so it would not be clear which limit holds.';
    faults.push({ pointer: pointerTo('/rows', index), code: 'overlapping_rows', message });
  }
}

function overlap(a: AuthorityRow, b: AuthorityRow): boolean {
  const from = Math.max(a.validFromMs ?? -Infinity, b.validFromMs ?? -Infinity);
  const until = Math.min(a.validUntilMs ?? Infinity, b.validUntilMs ?? Infinity);
  return from < until;
}

/** Of one category and jurisdiction each tier has a name and a limit of its own: otherwise nobody could say which signs. */
function reportContradictions(tiers: readonly AuthorityTier[], faults: RuleFault[]): void {
  for (const [index, tier] of tiers.entries()) {
    const former = tiers.slice(0, index);
    const twin = former.findIndex(
      (other) =>
        other.category === tier.category &&
        other.jurisdiction === tier.jurisdiction &&
        (other.tier === tier.tier ||
          (other.currency === tier.currency && other.limitMinor === tier.limitMinor)),
    );
    if (twin < 0) continue;
    const same = former[twin]?.tier === tier.tier ? 'name' : 'limit';
    const message = `tier ${index + 1} contradicts tier ${twin + 1}: the same ${same} for the same category and jurisdiction.`;
    faults.push({ pointer: pointerTo('/tiers', index), code: 'contradictory_tiers', message });
  }
}
