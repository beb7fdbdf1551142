// The two ways this package says no: `MalformedError` for bytes that do not have the format
// they claim, and `Verdict` for a well-formed claim that does not hold. Neither is ever a bug;
// a caller's bug is a RangeError or TypeError.

/** The input does not have the format it claims to have. The message names what and where. */
export class MalformedError extends Error {
  readonly code = 'malformed';
  override readonly name = 'MalformedError';
}

/** The answer of a verification; a failed one says why in words, never as an exception. */
export type Verdict = { valid: true } | { valid: false; reason: string };

export const VALID: Verdict = { valid: true };

export function invalid(reason: string): Verdict {
  return { valid: false, reason };
}
