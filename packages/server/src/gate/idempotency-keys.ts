// gate/idempotency-keys.ts: which idempotency keys of a batch are taken: by what the database held once they were locked,
// and by the commands of this batch that went through before. A command that is refused takes none.
import type { IdempotencyRow } from '../ledger/find-idempotency-keys.ts';
import { type Prepared, type Refusal, refusal } from './prepare-command.ts';
import type { Replay } from './replay-answer.ts';
import type { WorkingSet } from './working-set.ts';

const REUSED: { readonly kind: 'refused'; readonly refusal: Refusal } = {
  kind: 'refused',
  refusal: refusal('idempotency_key_reused', 'This Idempotency-Key was used with another body.'),
};

/** Lives for one transaction. */
export class IdempotencyKeys {
  readonly #taken = new Map<string, { readonly bodyHash: Buffer; readonly resourceId: string }>();

  constructor(holders: readonly IdempotencyRow[]) {
    for (const row of holders) {
      this.#taken.set(row.key_hash, { bodyHash: row.body_hash, resourceId: row.resource_id });
    }
  }

  /** What became of the key before; null: it is free. */
  find({
    command,
    idempotency,
  }: Prepared): typeof REUSED | { readonly kind: 'replay'; readonly replay: Replay } | null {
    if (idempotency === null) return null;
    const taken = this.#taken.get(idempotency.keyHash);
    if (taken === undefined) return null;
    if (!taken.bodyHash.equals(idempotency.bodyHash)) return REUSED;
    return { kind: 'replay', replay: { kind: command.kind, resourceId: taken.resourceId } };
  }

  /** Takes the key for a command that went through. */
  keep({ idempotency }: Prepared, resourceId: string, working: WorkingSet): void {
    if (idempotency === null) return;
    const { keyHash, bodyHash } = idempotency;
    this.#taken.set(keyHash, { bodyHash, resourceId });
    working.takenKeys.push({ keyHash, bodyHash, resourceId });
  }
}
