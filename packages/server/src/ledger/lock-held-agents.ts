// ledger/lock-held-agents.ts: agents whose requests are about to be held, each alone: how many wait is counted under this
// lock. Last of all locks, and not taken for what is approved at once.
import { HELD_AGENT_LOCK_SPACE } from '../db/advisory-locks.ts';
import type { Statement } from '../db/statement.ts';

/** Of an id 32 bits are locked: two agents that have the same only wait for each other. */
export function lockHeldAgents(agentIds: readonly string[]): Statement {
  return {
    name: 'lock_held_agents',
    text: `SELECT count(pg_advisory_xact_lock(${HELD_AGENT_LOCK_SPACE}, key))
           FROM (SELECT DISTINCT hashtext(id) AS key FROM unnest($1::text[]) AS id ORDER BY key) AS agent`,
    values: [[...agentIds]],
  };
}
