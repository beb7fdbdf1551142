// db/advisory-locks.ts: the numbers of advisory locks, in one place so that no two things share one by accident.
// Locks of duplicate keys are one-key locks; the two-key form is a space apart from them.

/** Configuration: shared by decisions, held alone by changes. */
export const CONFIGURATION_LOCK = '4117, 1';

/** First key of an idempotency key's lock; the second is 32 bits of its hash. */
export const IDEMPOTENCY_LOCK_SPACE = 4118;

/** First key of the lock on somebody who signs; the second is 32 bits of their id's hash. */
export const SIGNER_LOCK_SPACE = 4121;

/** First key of the lock on an agent whose requests are held; the second is 32 bits of its id's hash. */
export const HELD_AGENT_LOCK_SPACE = 4122;
