// admin/admin-error.ts: every way a change of the configuration can fail, with its stable code and HTTP status.
// Must not carry secrets or quote what was sent beyond ids: messages reach callers and logs.

const STATUS = {
  not_found: 404,
  already_exists: 409,
  email_taken: 409,
  conflict: 409,
  /** Nobody reviews, releases or confirms what they did themselves. */
  own_change: 403,
  not_the_author: 403,
  second_person_required: 403,
  change_not_pending: 409,
  change_expired: 409,
  change_stale: 409,
  author_inactive: 409,
  emergency_not_allowed: 409,
  nothing_to_roll_back: 409,
  too_few_operators: 409,
  legal_hold: 409,
  /** The first answer held a secret that is shown once, so it cannot be replayed. */
  secret_already_shown: 409,
  invalid: 422,
  idempotency_key_reused: 422,
} as const;

export type AdminErrorCode = keyof typeof STATUS;

/** One wrong field: a JSON pointer (RFC 6901) into the request's body, in the wire's spelling. */
export interface AdminFault {
  readonly pointer: string;
  readonly code: string;
  readonly message: string;
}

export interface AdminErrorParts {
  /** JSON pointer of the field that is wrong; the first one where there are several. */
  readonly field?: string;
  readonly faults?: readonly AdminFault[];
}

export class AdminError extends Error {
  override readonly name = 'AdminError';
  readonly code: AdminErrorCode;
  readonly status: number;
  readonly field: string | null;
  readonly faults: readonly AdminFault[];

  constructor(code: AdminErrorCode, message: string, { field, faults = [] }: AdminErrorParts = {}) {
    super(message);
    this.code = code;
    this.status = STATUS[code];
    this.field = field ?? faults[0]?.pointer ?? null;
    this.faults = faults;
  }
}

/** One field is wrong. */
export function invalid(field: string, message: string, code = 'invalid'): AdminError {
  return new AdminError('invalid', message, { field, faults: [{ pointer: field, code, message }] });
}

/** What is named there does not exist: `{ field }` is well-formed, its meaning is not. */
export function unknownReference(field: string, kind: string, id: string): AdminError {
  return invalid(field, `there is no ${kind} \`${id}\``, `unknown_${kind.replaceAll(' ', '_')}`);
}

export function notFound(kind: string, id: string): AdminError {
  return new AdminError('not_found', `there is no ${kind} \`${id}\``);
}

export function alreadyExists(field: string, kind: string, id: string): AdminError {
  return new AdminError('already_exists', `there is a ${kind} \`${id}\` already, and ids are never reused`, {
    field,
  });
}
