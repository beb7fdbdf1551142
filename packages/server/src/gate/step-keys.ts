// gate/step-keys.ts: which idempotency keys of a batch's steps are taken: by what the database held once they were
// locked, and by the steps of this batch that went through before. A step that is refused takes none.
import type { IdempotencyKey } from '../ledger/idempotency-key.ts';
import type { IdempotencyRow } from '../ledger/find-idempotency-keys.ts';
import type { Performed } from './perform-context.ts';
import { type PreparedStep, type Refusal, refusal } from './prepare-command.ts';
import type { Replay } from './replay-answer.ts';
import type { WorkingSet } from './working-set.ts';

export const REUSED: { readonly kind: 'refused'; readonly refusal: Refusal } = {
  kind: 'refused',
  refusal: refusal('idempotency_key_reused', 'This Idempotency-Key was used with another body.'),
};

export function claimKey({ scope, operation, key }: IdempotencyKey): string {
  return `${scope}\0${operation}\0${key}`;
}

/** Lives for one transaction. */
export class StepKeys {
  readonly #taken = new Map<string, { readonly bodyHash: Buffer; readonly resourceId: string }>();

  constructor(holders: readonly IdempotencyRow[]) {
    for (const row of holders) {
      this.#taken.set(claimKey(row), { bodyHash: row.body_hash, resourceId: row.resource_id });
    }
  }

  /** What became of the key before; null: it is free. */
  find({
    command,
    idempotency,
  }: PreparedStep): typeof REUSED | { readonly kind: 'replay'; readonly replay: Replay } | null {
    const taken = idempotency === null ? undefined : this.#taken.get(claimKey(idempotency));
    if (taken === undefined) return null;
    if (idempotency?.bodyHash.equals(taken.bodyHash) !== true) return REUSED;
    return { kind: 'replay', replay: { kind: command.kind, resourceId: taken.resourceId } };
  }

  /** Takes the key for a step that went through. */
  keep({ idempotency }: PreparedStep, { draftIndex }: Performed, working: WorkingSet): void {
    if (idempotency === null) return;
    const claim = { ...idempotency, resourceId: working.entryIdAt(draftIndex).toString() };
    this.#taken.set(claimKey(idempotency), claim);
    working.stepKeys.push(claim);
  }
}
