// policy/parse-policy.ts: turns a policy document into a compiled policy, or says everything that is wrong with it.
// Runs once, at publication. Nothing in a document is skipped: a name that is not known is a fault.
// Must not read names, descriptions or metadata for meaning: only the rules decide.
import { isIdentifier, isJsonObject, kindOf, pointerTo } from './json-document.ts';
import type { AppliesTo, CompiledPolicy, CompiledRule, OnMissing, OnViolation, RuleFault } from './rule.ts';
import { RULE_TYPES } from './rule-types.ts';

export type ParsePolicyResult =
  | { readonly ok: true; readonly policy: CompiledPolicy }
  | { readonly ok: false; readonly faults: readonly RuleFault[] };

const RULES_MAX = 10_000;
const NAME_LENGTH_MAX = 200;
const DESCRIPTION_LENGTH_MAX = 2_000;
const POLICY_FIELDS = ['policy_id', 'name', 'description', 'applies_to', 'rules', 'metadata'];
const RULE_FIELDS = [
  'rule_id',
  'rule_type',
  'description',
  'parameters',
  'on_violation',
  'on_missing',
  'metadata',
];
const APPLIES_TO_FIELDS = ['agents', 'teams', 'organisation'];

/**
 * Compiles a policy document (the body of `POST /v1/policies`, already parsed from JSON). Collects all faults, each
 * with a JSON pointer (RFC 6901) to the field that is wrong. Never throws for a faulty document.
 */
export function parsePolicy(document: unknown, version: number): ParsePolicyResult {
  if (!isJsonObject(document)) {
    const message = `a policy must be an object, not ${kindOf(document)}.`;
    return { ok: false, faults: [{ pointer: '', code: 'wrong_type', message }] };
  }
  const faults: RuleFault[] = [];
  reportUnknownFields(document, '', POLICY_FIELDS, faults);
  const policyId = readId(document, 'policy_id', '', faults);
  const name = readText(document['name'], '/name', NAME_LENGTH_MAX, faults);
  readDescription(document, '', faults);
  readMetadata(document, '', faults);
  const appliesTo = readAppliesTo(document['applies_to'], faults);
  const rules = readRules(document['rules'], faults);
  if (faults.length > 0) return { ok: false, faults };
  return { ok: true, policy: { policyId, version, name, appliesTo, rules } };
}

function readRules(value: unknown, faults: RuleFault[]): readonly CompiledRule[] {
  const list = readList(value, '/rules', RULES_MAX, faults);
  const rules: CompiledRule[] = [];
  const pointerOfRuleId = new Map<string, string>();
  for (const [index, entry] of list.entries()) {
    const pointer = pointerTo('/rules', index);
    if (!isJsonObject(entry)) {
      faults.push({
        pointer,
        code: 'wrong_type',
        message: `a rule must be an object, not ${kindOf(entry)}.`,
      });
      continue;
    }
    const rule = readRule(entry, pointer, faults);
    if (typeof entry['rule_id'] === 'string') {
      const first = pointerOfRuleId.get(entry['rule_id']);
      if (first === undefined) pointerOfRuleId.set(entry['rule_id'], pointer);
      else {
        const message = `the rule at \`${first}\` already has the rule_id \`${entry['rule_id']}\`.`;
        faults.push({ pointer: pointerTo(pointer, 'rule_id'), code: 'duplicate_rule_id', message });
      }
    }
    if (rule !== null) rules.push(rule);
  }
  return rules;
}

/** null when the rule has a fault that leaves nothing to build. */
function readRule(
  entry: Readonly<Record<string, unknown>>,
  pointer: string,
  faults: RuleFault[],
): CompiledRule | null {
  reportUnknownFields(entry, pointer, RULE_FIELDS, faults);
  const ruleId = readId(entry, 'rule_id', pointer, faults);
  const description = readDescription(entry, pointer, faults);
  readMetadata(entry, pointer, faults);
  const onViolation = readWord<OnViolation>(entry, 'on_violation', pointer, ['deny', 'hold'], faults);
  const onMissing = readWord<OnMissing>(entry, 'on_missing', pointer, ['deny', 'hold', 'ignore'], faults);

  const ruleType = readText(entry['rule_type'], pointerTo(pointer, 'rule_type'), NAME_LENGTH_MAX, faults);
  const control = RULE_TYPES.get(ruleType);
  if (control === undefined) {
    if (ruleType === '') return null;
    const known = [...RULE_TYPES.keys()].map((type) => `\`${type}\``).join(', ');
    const message = `\`${ruleType}\` is not a rule type; use one of ${known}.`;
    faults.push({ pointer: pointerTo(pointer, 'rule_type'), code: 'unknown_rule_type', message });
    return null;
  }
  const parametersPointer = pointerTo(pointer, 'parameters');
  const parameters = entry['parameters'];
  if (!isJsonObject(parameters)) {
    faults.push(missingOrWrong(parameters, parametersPointer, 'an object'));
    return null;
  }
  const compiled = control.compile(parameters, parametersPointer);
  if (!compiled.ok) {
    for (const fault of compiled.faults) faults.push(fault);
    return null;
  }
  if (compiled.value.agentCap !== undefined) {
    reportSofterCap(onViolation, onMissing, pointer, faults);
  }
  return {
    ruleId,
    ruleType,
    description,
    onViolation,
    onMissing,
    stages: control.stages,
    clause: control.clause,
    duplicateWindowMinutes: compiled.value.duplicateWindowMinutes ?? null,
    agentCap: compiled.value.agentCap ?? null,
    ...(compiled.value.watchedThreshold === undefined
      ? null
      : { watchedThreshold: compiled.value.watchedThreshold }),
    evaluate: compiled.value.evaluate,
  };
}

/** The ledger keeps a cap and sets aside nothing beyond it, so no signature could lift one. */
function reportSofterCap(
  onViolation: OnViolation,
  onMissing: OnMissing,
  pointer: string,
  faults: RuleFault[],
): void {
  const code = 'cap_always_denies';
  const message = 'a cap is kept by the ledger and always denies; only `deny` is possible here.';
  if (onViolation !== 'deny') faults.push({ pointer: pointerTo(pointer, 'on_violation'), code, message });
  if (onMissing !== 'deny') faults.push({ pointer: pointerTo(pointer, 'on_missing'), code, message });
}

function readAppliesTo(value: unknown, faults: RuleFault[]): AppliesTo {
  const nobody: AppliesTo = { agents: [], teams: [], organisation: false };
  if (value === undefined) return nobody;
  if (!isJsonObject(value)) {
    faults.push(missingOrWrong(value, '/applies_to', 'an object'));
    return nobody;
  }
  reportUnknownFields(value, '/applies_to', APPLIES_TO_FIELDS, faults);
  const organisation = value['organisation'] ?? false;
  if (typeof organisation !== 'boolean') {
    faults.push(missingOrWrong(organisation, '/applies_to/organisation', '`true` or `false`'));
  }
  return {
    agents: readIds(value['agents'], '/applies_to/agents', faults),
    teams: readIds(value['teams'], '/applies_to/teams', faults),
    organisation: organisation === true,
  };
}

function readIds(value: unknown, pointer: string, faults: RuleFault[]): readonly string[] {
  if (value === undefined) return [];
  const ids: string[] = [];
  for (const [index, entry] of readList(value, pointer, RULES_MAX, faults).entries()) {
    if (typeof entry === 'string' && isIdentifier(entry)) ids.push(entry);
    else faults.push(invalidId(entry, pointerTo(pointer, index)));
  }
  return ids;
}

function readId(
  object: Readonly<Record<string, unknown>>,
  field: string,
  base: string,
  faults: RuleFault[],
): string {
  const value = object[field];
  if (typeof value === 'string' && isIdentifier(value)) return value;
  faults.push(invalidId(value, pointerTo(base, field)));
  return '';
}

function readWord<T extends string>(
  object: Readonly<Record<string, unknown>>,
  field: string,
  base: string,
  words: readonly [T, ...T[]],
  faults: RuleFault[],
): T {
  const value = object[field];
  if (value === undefined) return words[0];
  const word = words.find((candidate) => candidate === value);
  if (word !== undefined) return word;
  const known = words.map((candidate) => `\`${candidate}\``).join(', ');
  faults.push({
    pointer: pointerTo(base, field),
    code: 'unknown_choice',
    message: `${labelOf(pointerTo(base, field))} must be one of ${known}.`,
  });
  return words[0];
}

function readText(value: unknown, pointer: string, lengthMax: number, faults: RuleFault[]): string {
  if (typeof value !== 'string') {
    faults.push(missingOrWrong(value, pointer, 'a text'));
    return '';
  }
  if (value.trim() === '') {
    faults.push({ pointer, code: 'empty_text', message: `${labelOf(pointer)} must not be empty.` });
    return '';
  }
  if (value.length > lengthMax) {
    faults.push({
      pointer,
      code: 'text_too_long',
      message: `${labelOf(pointer)} must have at most ${lengthMax} characters.`,
    });
    return '';
  }
  return value;
}

/** Optional, and null or empty where there is nothing to say. */
function readDescription(
  object: Readonly<Record<string, unknown>>,
  base: string,
  faults: RuleFault[],
): string | null {
  const value = object['description'] ?? '';
  if (value === '') return null;
  return readText(value, pointerTo(base, 'description'), DESCRIPTION_LENGTH_MAX, faults);
}

function readMetadata(object: Readonly<Record<string, unknown>>, base: string, faults: RuleFault[]): void {
  const value = object['metadata'];
  if (value === undefined || isJsonObject(value)) return;
  faults.push(missingOrWrong(value, pointerTo(base, 'metadata'), 'an object'));
}

function readList(
  value: unknown,
  pointer: string,
  lengthMax: number,
  faults: RuleFault[],
): readonly unknown[] {
  if (!Array.isArray(value)) {
    faults.push(missingOrWrong(value, pointer, 'a list'));
    return [];
  }
  if (value.length === 0) {
    faults.push({
      pointer,
      code: 'empty_list',
      message: `${labelOf(pointer)} must have at least one entry.`,
    });
    return [];
  }
  if (value.length > lengthMax) {
    faults.push({
      pointer,
      code: 'list_too_long',
      message: `${labelOf(pointer)} must have at most ${lengthMax} entries.`,
    });
    return [];
  }
  return value as readonly unknown[];
}

function reportUnknownFields(
  object: Readonly<Record<string, unknown>>,
  base: string,
  fields: readonly string[],
  faults: RuleFault[],
): void {
  for (const field of Object.keys(object)) {
    if (fields.includes(field)) continue;
    const known = fields.map((name) => `\`${name}\``).join(', ');
    const message = `\`${field}\` is not a field here; there are ${known}.`;
    faults.push({ pointer: pointerTo(base, field), code: 'unknown_field', message });
  }
}

function invalidId(value: unknown, pointer: string): RuleFault {
  if (value === undefined) return missingField(pointer);
  const message = `${labelOf(pointer)} must be a text of 1 to 64 letters, digits, \`_\`, \`.\` or \`-\`.`;
  return { pointer, code: 'invalid_id', message };
}

function missingOrWrong(value: unknown, pointer: string, wanted: string): RuleFault {
  if (value === undefined) return missingField(pointer);
  return {
    pointer,
    code: 'wrong_type',
    message: `${labelOf(pointer)} must be ${wanted}, not ${kindOf(value)}.`,
  };
}

function missingField(pointer: string): RuleFault {
  return { pointer, code: 'missing_field', message: `${labelOf(pointer)} is required.` };
}

/** The field a pointer ends in, with the number of the entry where it is one of a list: `agents[2]`. */
function labelOf(pointer: string): string {
  const [last = '', previous = ''] = pointer.split('/').reverse();
  return /^[0-9]+$/.test(last) ? `\`${previous}[${last}]\`` : `\`${last}\``;
}
