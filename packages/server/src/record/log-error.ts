// record/log-error.ts: the operational failures of the record, each with a stable code. A person has to act on every one.

export type LogErrorCode =
  /** The log has entries, but the key that signs it is not there. */
  | 'log_key_missing'
  | 'log_key_unreadable'
  /** The log was signed by another key than the one this gateway has. */
  | 'log_key_mismatch'
  /** What the database holds is not a continuation of what was signed: nothing more is signed. */
  | 'log_damaged';

export class LogError extends Error {
  override readonly name = 'LogError';
  readonly code: LogErrorCode;

  constructor(code: LogErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
