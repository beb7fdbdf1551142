// gate/hold-guard.ts: keeps one agent's requests that wait for a human from becoming too many, exactly, in any number of
// gateways. A batch is decided as if there were room, and what it would hold is counted under the agents' locks before it
// is committed; where there is no room after all, it is decided again on the counts. What is approved at once pays nothing.
import type { Transaction } from '../db/writer.ts';
import { type HeldRequestsRow, countHeldRequests } from '../ledger/count-held-requests.ts';
import { lockHeldAgents } from '../ledger/lock-held-agents.ts';
import type { Slot } from './attempt-batch.ts';
import type { WorkingSet } from './working-set.ts';

/** An agent that is further than this from its limit is not counted ahead any more. */
const NEAR_SHARE = 0.8;

/** Of one gateway: which agents have lately been at their limit. A guess that saves work; nothing rests on it. */
export class HoldGuard {
  readonly #near = new Set<string>();

  /** Agents of a batch whose held requests are to be counted before it is decided: all of them, if one may be at its limit. */
  agentsToCount(slots: readonly Slot[], limit: number | null): readonly string[] {
    if (limit === null || this.#near.size === 0) return [];
    const agents = new Set<string>();
    for (const slot of slots) {
      if ('kind' in slot && slot.kind === 'request') agents.add(slot.resolved.action.agentId);
    }
    return [...agents].some((agentId) => this.#near.has(agentId)) ? [...agents] : [];
  }

  /** There was no room for what a batch would have held of these. */
  isNear(agentIds: Iterable<string>): void {
    for (const agentId of agentIds) this.#near.add(agentId);
  }

  learn(counts: ReadonlyMap<string, number>, limit: number): void {
    for (const [agentId, count] of counts) {
      if (count < limit * NEAR_SHARE) this.#near.delete(agentId);
    }
  }
}

/** Counts under the agents' locks, up to the limit. Sent after every other lock. */
export async function countHeld(
  tx: Transaction,
  agentIds: readonly string[],
  limit: number,
): Promise<ReadonlyMap<string, number>> {
  const [, { rows }] = await Promise.all([
    tx.query(lockHeldAgents(agentIds)),
    tx.query<HeldRequestsRow>(countHeldRequests(agentIds, limit)),
  ]);
  return new Map(rows.map((row) => [row.agent_id, row.held]));
}

/** Agents of which this batch holds more than there is room for. */
export function flooded(
  { newHolds }: WorkingSet,
  counts: ReadonlyMap<string, number>,
  limit: number,
): string[] {
  return [...newHolds].flatMap(([agentId, held]) => {
    const count = counts.get(agentId);
    return count !== undefined && count + held > limit ? [agentId] : [];
  });
}
