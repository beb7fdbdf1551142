// problem.ts: every error the API answers with, as RFC 9457 problems, and their one catalogue of codes.
// A code is stable for ever: clients branch on it. Its sentence may change.
import { type Static, Type } from 'typebox';

interface ProblemKind {
  readonly status: number;
  readonly title: string;
  /** Sending the same request again later may succeed; the answer carries `Retry-After`. */
  readonly retryable?: true;
}

export const PROBLEMS = {
  malformed_json: { status: 400, title: 'The body is not JSON' },
  duplicate_key: { status: 400, title: 'A name occurs twice in one object' },
  reserved_name: { status: 400, title: 'A name cannot be used' },
  nesting_too_deep: { status: 400, title: 'The body is nested too deeply' },
  number_exponent: { status: 400, title: 'A number is written with an exponent' },
  number_too_precise: { status: 400, title: 'A number has more digits than a JSON number keeps' },
  control_character: { status: 400, title: 'A text contains a control character' },
  lone_surrogate: { status: 400, title: 'A text contains half of a character' },
  invalid_utf8: { status: 400, title: 'The body is not UTF-8' },
  body_required: { status: 400, title: 'A body is required' },
  malformed_request: { status: 400, title: 'The request cannot be read' },
  unauthenticated: { status: 401, title: 'A valid API key is required' },
  key_revoked: { status: 401, title: 'This API key has been revoked' },
  key_expired: { status: 401, title: 'This API key has expired' },
  forbidden: { status: 403, title: 'This key may not do that' },
  agent_mismatch: { status: 403, title: "An agent's key acts for that agent alone" },
  not_an_approver: { status: 403, title: 'Only a person may decide an approval' },
  self_approval: { status: 403, title: 'Nobody approves their own request' },
  already_signed: { status: 403, title: 'The same person may sign one step only' },
  not_an_approver_of_this_step: { status: 403, title: 'The rule names other approvers' },
  not_a_delegate: { status: 403, title: 'That person has not delegated their signature to you' },
  not_found: { status: 404, title: 'There is no such thing' },
  request_not_found: { status: 404, title: 'There is no such request' },
  approval_not_found: { status: 404, title: 'There is no such approval' },
  card_not_found: { status: 404, title: 'There is no such card' },
  authorization_not_found: { status: 404, title: 'There is no such authorization' },
  agent_not_found: { status: 404, title: 'There is no such agent' },
  conflict: { status: 409, title: 'The state does not allow it' },
  own_change: { status: 403, title: 'Nobody reviews their own change' },
  not_the_author: { status: 403, title: 'Only who asked for the change takes it back' },
  second_person_required: { status: 403, title: 'A second person has to do that' },
  change_not_pending: { status: 409, title: 'The change does not wait for this' },
  change_expired: { status: 409, title: 'The change lapsed before it was reviewed' },
  change_stale: { status: 409, title: 'What the change rests on has changed' },
  author_inactive: { status: 409, title: 'Who asked for the change is no operator any more' },
  emergency_not_allowed: { status: 409, title: 'Not even an emergency makes this change alone' },
  nothing_to_roll_back: { status: 409, title: 'No earlier version is known' },
  too_few_operators: { status: 409, title: 'Two operators with a key are needed' },
  legal_hold: { status: 409, title: 'A legal hold keeps it' },
  already_exists: { status: 409, title: 'It exists already' },
  email_taken: { status: 409, title: 'The e-mail address belongs to somebody else' },
  secret_already_shown: { status: 409, title: 'The secret was shown before, and is shown once' },
  approval_not_pending: { status: 409, title: 'The approval is not pending any more' },
  step_not_open: { status: 409, title: 'Another step waits for its signatures first' },
  approval_expired: { status: 409, title: 'The approval has expired' },
  nothing_due: { status: 409, title: 'No reminder and no escalation is due' },
  nothing_to_revalidate: { status: 409, title: 'The request is not approved and uncharged' },
  still_valid: { status: 409, title: 'What the request was approved on still holds' },
  not_cancellable: { status: 409, title: 'The request cannot be cancelled any more' },
  not_expired: { status: 409, title: 'The request has not run out' },
  card_already_used: { status: 409, title: 'The card has been used' },
  card_not_active: { status: 409, title: 'The card is not active' },
  authorization_declined: { status: 409, title: 'The authorization was declined' },
  authorization_closed: { status: 409, title: 'The authorization is closed' },
  nothing_to_capture: { status: 409, title: 'Nothing is left to capture' },
  nothing_to_reverse: { status: 409, title: 'Nothing is left to reverse' },
  nothing_to_refund: { status: 409, title: 'Nothing was captured' },
  idempotency_in_flight: {
    status: 409,
    title: 'The first request with this key is still under way',
    retryable: true,
  },
  body_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The body must be application/json' },
  invalid: { status: 422, title: 'The request is well-formed but not valid' },
  unknown_field: { status: 422, title: 'A field is not known here' },
  invalid_amount: { status: 422, title: 'The amount cannot be used' },
  unknown_currency: { status: 422, title: 'The currency is not known here' },
  policy_not_found: { status: 422, title: 'There is no such policy' },
  currency_mismatch: { status: 422, title: 'The currencies differ' },
  reversal_above_authorization: { status: 422, title: 'More cannot be reversed than is open' },
  idempotency_key_reused: { status: 422, title: 'This idempotency key was used with another body' },
  idempotency_key_required: { status: 422, title: 'This installation requires an idempotency key' },
  signing_too_fast: {
    status: 429,
    title: 'Nobody reads that fast: wait before the next signature',
    retryable: true,
  },
  internal: { status: 500, title: 'The gateway failed' },
  outcome_unknown: { status: 503, title: 'Whether it was recorded is not known yet', retryable: true },
  ledger_unavailable: { status: 503, title: 'The ledger cannot be reached', retryable: true },
  shutting_down: { status: 503, title: 'The gateway is shutting down', retryable: true },
} as const satisfies Record<string, ProblemKind>;

/** What every problem's `type` begins with; its code follows. */
export const PROBLEM_TYPE_PREFIX = 'urn:countersign:problem:';

export type ProblemCode = keyof typeof PROBLEMS;

export const FieldError = Type.Object(
  {
    field: Type.String({
      description: 'Path of the field: `amount`, `metadata.category`, `rules[0].parameters.limit`.',
    }),
    code: Type.String({ description: 'Stable code of the fault.' }),
    message: Type.String({ description: 'One sentence in plain words.' }),
  },
  { title: 'FieldError' },
);

export const Problem = Type.Object(
  {
    type: Type.String({ description: 'A URI reference that names the kind of problem.' }),
    title: Type.String({ description: 'What went wrong in general.' }),
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    code: Type.String({ description: 'Stable code; branch on this.' }),
    detail: Type.String({ description: 'What went wrong this time, in plain words.' }),
    field: Type.Optional(Type.String({ description: 'The first field that is wrong.' })),
    errors: Type.Optional(Type.Array(FieldError, { description: 'Every fault that was found.' })),
    instance: Type.Optional(Type.String({ description: 'Id of this request in the gateway’s log.' })),
  },
  { title: 'Problem', description: 'An error, as RFC 9457 describes it (`application/problem+json`).' },
);

export type Problem = Static<typeof Problem>;
export type FieldError = Static<typeof FieldError>;

export function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(PROBLEMS, code);
}
