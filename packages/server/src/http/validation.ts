// http/validation.ts: checks what arrives against the contract's schemas and says in plain words what is wrong.
// Bodies are taken as they are; query strings and paths are texts, so their numbers and booleans are read from text.
import type { FieldError } from '@countersign/contract';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';

import { ProblemError, fieldOfPath, fieldOfPointer } from './problem.ts';

const ERRORS_MAX = 50;

const formats = { 'date-time': isInstant };
const bodies = new Ajv({ allErrors: true, strict: false, formats, verbose: true });
const texts = new Ajv({
  allErrors: true,
  strict: false,
  formats,
  verbose: true,
  coerceTypes: true,
  useDefaults: true,
});

/** Checks a body; throws a problem `invalid` or `unknown_field`. Compile once, at start-up. */
export function bodyValidator(schema: object): (value: unknown) => void {
  return throwing(bodies.compile(schema));
}

/** Checks a query string or path parameters, and turns their texts into what the schema says. */
export function textValidator(schema: object): (value: unknown) => void {
  return throwing(texts.compile(schema));
}

function throwing(validate: ValidateFunction): (value: unknown) => void {
  return (value) => {
    if (validate(value)) return;
    throw problemOfErrors(faultsOf(validate.errors ?? []));
  };
}

export function problemOfErrors(errors: readonly FieldError[]): ProblemError {
  const [first] = errors;
  const code = errors.every((error) => error.code === 'unknown_field') ? 'unknown_field' : 'invalid';
  return new ProblemError(code, first?.message ?? 'The request is not valid.', {
    ...(first === undefined ? {} : { field: first.field }),
    errors: errors.slice(0, ERRORS_MAX),
  });
}

/** Refuses what the database cannot keep: control characters and halves of surrogate pairs, in any text. */
export function hasUnusableText(values: Readonly<Record<string, unknown>>): string | null {
  for (const [name, value] of Object.entries(values)) {
    const all = Array.isArray(value) ? (value as unknown[]) : [value];
    if ([name, ...all].some((text) => typeof text === 'string' && UNUSABLE.test(text))) return name;
  }
  return null;
}

const UNUSABLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]|\p{Cs}/u;

function faultsOf(errors: readonly ErrorObject[]): FieldError[] {
  // A union fails with one error a branch, and with one of its own that stands for them.
  const faults: FieldError[] = [];
  for (const error of errors) {
    if (
      /\/anyOf\/\d+\//.test(error.schemaPath) ||
      error.keyword === 'if' ||
      error.keyword === 'propertyNames'
    )
      continue;
    if (error.keyword === 'anyOf') faults.push(...faultsOfUnion(error, errors));
    else faults.push(faultOf(error));
  }
  const seen = new Set<string>();
  return faults.filter(({ field, code }) => {
    const key = `${field} ${code}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function faultsOfUnion(union: ErrorObject, errors: readonly ErrorObject[]): FieldError[] {
  const branches = errors.filter((error) => error.schemaPath.startsWith(`${union.schemaPath}/`));
  const telling = branches.filter((error) => error.keyword !== 'type' && error.keyword !== 'anyOf');
  if (telling.length > 0) return telling.map(faultOf);
  const types = branches.flatMap((error) => (error.keyword === 'type' ? [typeWords(error)] : []));
  const field = fieldOf(union.instancePath);
  return [
    { field, code: 'wrong_type', message: `\`${field}\` must be ${[...new Set(types)].join(' or ')}.` },
  ];
}

function faultOf(error: ErrorObject): FieldError {
  const parameters = error.params as Readonly<Record<string, unknown>>; // by keyword, as Ajv documents
  const { limit: bound } = parameters;
  const limit = typeof bound === 'number' ? String(bound) : '';
  const field = fieldOf(error.instancePath);
  const make = (code: string, message: string, at = field): FieldError => ({ field: at, code, message });
  const named = field === '' ? 'The body' : `\`${field}\``;
  switch (error.keyword) {
    case 'required': {
      const at = below(error.instancePath, parameters['missingProperty']);
      return make('missing_field', `\`${at}\` is required.`, at);
    }
    case 'additionalProperties': {
      const at = below(error.instancePath, parameters['additionalProperty']);
      return make('unknown_field', `\`${at}\` is not a field here.`, at);
    }
    case 'type':
      return make('wrong_type', `${named} must be ${typeWords(error)}.`);
    case 'enum':
      return make('unknown_choice', `${named} must be one of ${wordsOf(parameters['allowedValues'])}.`);
    case 'minLength':
      return isNameFault(error) ? nameFault(error) : make('empty_text', `${named} must not be empty.`);
    case 'maxLength':
      if (isNameFault(error)) return nameFault(error);
      return make('text_too_long', `${named} must have at most ${limit} characters.`);
    case 'pattern':
    case 'format':
      return make('invalid_format', `${named} is not in the form that is expected here.`);
    case 'minimum':
    case 'exclusiveMinimum':
      return make('out_of_range', `${named} must be at least ${limit}.`);
    case 'maximum':
    case 'exclusiveMaximum':
      return make('out_of_range', `${named} must be at most ${limit}.`);
    case 'maxItems':
      return make('list_too_long', `${named} must have at most ${limit} entries.`);
    case 'minItems':
      return make('empty_list', `${named} must have at least ${limit} entries.`);
    case 'maxProperties':
      return make('too_many_names', `${named} must have at most ${limit} names.`);
    case 'minProperties':
      return make('empty_object', `${named} must name at least one field.`);
    default:
      return make('invalid', `${named} is not valid.`);
  }
}

/** A fault in the length of a name, as against that of a value. */
function isNameFault(error: ErrorObject): boolean {
  return error.schemaPath.includes('/propertyNames/');
}

function nameFault(error: ErrorObject): FieldError {
  const field = below(error.instancePath, error.propertyName);
  return {
    field: field.slice(0, 100),
    code: 'invalid_name',
    message: 'A name must have 1 to 40 characters.',
  };
}

function typeWords(error: ErrorObject): string {
  const { type } = error.params as { type?: string | string[] };
  const types = Array.isArray(type) ? type : [type ?? ''];
  return types.map((each) => TYPE_WORDS[each] ?? each).join(' or ');
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: '`true` or `false`',
  object: 'an object',
  array: 'a list',
  null: 'null',
};

function wordsOf(values: unknown): string {
  return Array.isArray(values) ? values.map((value) => `\`${String(value)}\``).join(', ') : '';
}

function fieldOf(instancePath: string): string {
  return fieldOfPointer(instancePath);
}

function below(instancePath: string, name: unknown): string {
  const base = fieldOf(instancePath);
  return base === '' ? String(name) : fieldOfPath([base, String(name)]);
}

/** RFC 3339, with its offset, of a day that exists. */
function isInstant(text: string): boolean {
  const match = /^(\d{4})-(\d{2})-(\d{2})T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/i.exec(text);
  if (match === null || Number.isNaN(Date.parse(text))) return false;
  const [, year, month, day] = match.map(Number);
  return new Date(Date.UTC(year ?? 0, (month ?? 0) - 1, day ?? 0)).getUTCDate() === day;
}
