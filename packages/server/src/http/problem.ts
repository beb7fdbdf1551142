// http/problem.ts: the one place where a failure becomes an answer. Whatever is thrown ends here as an RFC 9457 problem.
// Must not put a stack, a statement or what was sent into an answer.
import {
  type FieldError,
  PROBLEMS,
  PROBLEM_TYPE_PREFIX,
  type Problem,
  type ProblemCode,
  isProblemCode,
} from '@countersign/contract';

import { AdminError } from '../admin/admin-error.ts';
import { StrictJsonError } from './strict-json.ts';

/** Seconds after which trying again makes sense. */
const RETRY_AFTER_SECONDS = 1;

export interface ProblemParts {
  readonly field?: string;
  readonly errors?: readonly FieldError[];
  /** When it makes sense to try again, if that is known. */
  readonly retryAfterSeconds?: number;
}

/** A failure that is the caller's to know, thrown anywhere below a handler. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly code: ProblemCode;
  readonly parts: ProblemParts;

  constructor(code: ProblemCode, detail: string, parts: ProblemParts = {}) {
    super(detail);
    this.code = code;
    this.parts = parts;
  }
}

/** One field is well-formed and cannot be used. */
export function invalidField(code: ProblemCode, fault: FieldError): ProblemError {
  return new ProblemError(code, fault.message, { field: fault.field, errors: [fault] });
}

export function notFound(detail = 'There is nothing with this id that you may see.'): ProblemError {
  return new ProblemError('not_found', detail);
}

/** What the gate refused: its codes are in the catalogue; one that is not is a conflict. */
export function refusedByGate(refusal: {
  readonly code: string;
  readonly message: string;
  readonly retryAfterSeconds?: number;
}): ProblemError {
  const code = isProblemCode(refusal.code) ? refusal.code : 'conflict';
  const field = FIELD_OF_REFUSAL[refusal.code];
  const { retryAfterSeconds } = refusal;
  if (field === undefined) {
    return new ProblemError(
      code,
      refusal.message,
      retryAfterSeconds === undefined ? {} : { retryAfterSeconds },
    );
  }
  return invalidField(code, { field, code: refusal.code, message: refusal.message });
}

const FIELD_OF_REFUSAL: Readonly<Record<string, string>> = {
  policy_not_found: 'policy_id',
  agent_mismatch: 'agent_id',
  idempotency_key_reused: 'Idempotency-Key',
  idempotency_key_required: 'Idempotency-Key',
};

/** The problem that answers for a failure; `internal` for everything that is nobody's fault but ours. */
export function problemOf(error: unknown, instance: string): Problem {
  const { code, detail, parts } = described(error);
  const kind = PROBLEMS[code];
  return {
    type: `${PROBLEM_TYPE_PREFIX}${code}`,
    title: kind.title,
    status: kind.status,
    code,
    detail,
    ...(parts.field === undefined ? {} : { field: parts.field }),
    ...(parts.errors === undefined ? {} : { errors: [...parts.errors] }),
    instance,
  };
}

/** Seconds after which trying again makes sense; null: it does not, as it is. */
export function retryAfterSeconds(error: unknown, code: string): number | null {
  if (error instanceof ProblemError && error.parts.retryAfterSeconds !== undefined)
    return error.parts.retryAfterSeconds;
  return isRetryable(code) ? RETRY_AFTER_SECONDS : null;
}

export function isRetryable(code: string): boolean {
  return isProblemCode(code) && 'retryable' in PROBLEMS[code];
}

interface Described {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly parts: ProblemParts;
}

function described(error: unknown): Described {
  if (error instanceof ProblemError) return { code: error.code, detail: error.message, parts: error.parts };
  if (error instanceof StrictJsonError) return describedJson(error);
  if (error instanceof AdminError) return describedAdmin(error);
  const code = codeOf(error);
  const fromServer = code === undefined ? undefined : FROM_FASTIFY[code];
  if (fromServer !== undefined) return { code: fromServer[0], detail: fromServer[1], parts: {} };
  if (code === 'outcome_unknown') {
    const detail =
      'The connection was lost during the commit. Ask again with the same Idempotency-Key, or read the state.';
    return { code, detail, parts: {} };
  }
  if (code === 'ledger_unavailable' || (code !== undefined && CONNECTION_LOST.test(code))) {
    return { code: 'ledger_unavailable', detail: 'Nothing was executed. Try again later.', parts: {} };
  }
  if (isClientError(error))
    return { code: 'malformed_request', detail: 'The request cannot be read.', parts: {} };
  return {
    code: 'internal',
    detail: 'This is a fault of the gateway; it has been logged under `instance`.',
    parts: {},
  };
}

function describedJson(error: StrictJsonError): Described {
  const field = fieldOfPath(error.path);
  const detail = `The body is refused: ${error.message}.`;
  if (field === '') return { code: error.code, detail, parts: {} };
  return {
    code: error.code,
    detail,
    parts: { field, errors: [{ field, code: error.code, message: `${error.message}.` }] },
  };
}

function describedAdmin(error: AdminError): Described {
  const errors = error.faults.map((fault) => ({
    field: fieldOfPointer(fault.pointer),
    code: fault.code,
    message: sentence(fault.message),
  }));
  const onlyUnknown = errors.length > 0 && errors.every((fault) => fault.code === 'unknown_field');
  const code = error.code === 'invalid' && onlyUnknown ? 'unknown_field' : error.code;
  return {
    code,
    detail: sentence(error.message),
    parts: {
      ...(error.field === null ? {} : { field: fieldOfPointer(error.field) }),
      ...(errors.length === 0 ? {} : { errors }),
    },
  };
}

/** `/rules/0/parameters/limit` (RFC 6901) as people write it: `rules[0].parameters.limit`. */
export function fieldOfPointer(pointer: string): string {
  const steps = pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  return fieldOfPath(steps.map((step) => (/^(0|[1-9][0-9]*)$/.test(step) ? Number(step) : step)));
}

export function fieldOfPath(path: readonly (string | number)[]): string {
  return path.reduce<string>((field, step) => {
    if (typeof step === 'number') return `${field}[${String(step)}]`;
    return field === '' ? step : `${field}.${step}`;
  }, '');
}

function sentence(message: string): string {
  const text = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

const FROM_FASTIFY: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['body_too_large', 'A body has at most 1 MiB.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['unsupported_media_type', 'Send `Content-Type: application/json`.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['malformed_request', 'The body is not as long as its Content-Length.'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['body_required', 'Send a JSON object.'],
  FST_ERR_BAD_URL: ['malformed_request', 'The address cannot be read.'],
};

/** Errors of the socket and of a PostgreSQL that goes down: there is no ledger to ask. */
const CONNECTION_LOST =
  /^(08...|57P0[123]|postgres_unavailable|ECONN(REFUSED|RESET|ABORTED)|EPIPE|ENOENT|ETIMEDOUT)$/;

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

function isClientError(error: unknown): boolean {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return false;
  const { statusCode } = error;
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500;
}
