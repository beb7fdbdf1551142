// The operational failures of the database layer, each with a stable code.
// Must not carry parameter values: PostgreSQL puts them into `detail` and `where`, so those never leave this file.

export type DatabaseErrorCode =
  | 'data_directory_in_use'
  | 'database_newer_than_code'
  | 'database_not_durable'
  | 'migration_changed'
  | 'migration_failed'
  | 'outcome_unknown'
  | 'postgres_unavailable'
  | 'postgres_unusable'
  | 'transaction_rolled_back';

const RETRYABLE: ReadonlySet<DatabaseErrorCode> = new Set(['outcome_unknown', 'postgres_unavailable']);

/** `postgres_unusable` means that a person has to act (wrong owner, missing binaries, another major version). */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  readonly code: DatabaseErrorCode;
  readonly retryable: boolean;

  constructor(code: DatabaseErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.retryable = RETRYABLE.has(code);
  }
}

/** The SQLSTATE of a PostgreSQL error or the system's error code (`ECONNREFUSED`), if `error` has one. */
export function errorCodeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/**
 * What may be logged about a failed statement. PostgreSQL's `detail`, `where` and the message of a cast error quote
 * values, so of a PostgreSQL error only the SQLSTATE and the names of the objects involved are kept.
 */
export function describeDatabaseError(error: unknown): Record<string, string> {
  if (error instanceof DatabaseError) return { code: error.code, message: error.message };
  const described: Record<string, string> = {};
  const code = errorCodeOf(error);
  if (code !== undefined) described['code'] = code;
  const isSqlState = code !== undefined && /^[0-9A-Z]{5}$/.test(code) && !code.startsWith('E');
  if (error instanceof Error && !isSqlState) described['message'] = error.message;
  for (const field of ['severity', 'schema', 'table', 'column', 'constraint', 'routine'] as const) {
    const value: unknown = error instanceof Error ? Reflect.get(error, field) : undefined;
    if (typeof value === 'string') described[field] = value;
  }
  return described;
}

/** Class 08, the administrator's and the crash shutdowns of class 57, and errors of the socket itself. */
export function isConnectionLoss(error: unknown): boolean {
  const code = errorCodeOf(error);
  if (code === undefined) {
    return error instanceof Error && DRIVER_LOSS_MESSAGE.test(error.message);
  }
  if (code.startsWith('08')) return true;
  return CONNECTION_LOSS_CODES.has(code);
}

// The driver's own errors carry no code.
const DRIVER_LOSS_MESSAGE =
  /^Connection terminated|is not queryable$|^timeout (exceeded|expired)|^Query read timeout/;

const CONNECTION_LOSS_CODES: ReadonlySet<string> = new Set([
  '57P01',
  '57P02',
  '57P03',
  '57P05',
  '25P03',
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'ENOENT',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'ETIMEDOUT',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_PREMATURE_CLOSE',
]);

/** Deadlocks and serialization failures: the same transaction, run again, may succeed. */
export function isTransientConflict(error: unknown): boolean {
  const code = errorCodeOf(error);
  return code === '40P01' || code === '40001';
}
