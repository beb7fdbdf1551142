// gate/flush-context.ts: what a gate is built from.
import type { Pool } from 'pg';

import type { Writer } from '../db/writer.ts';
import type { AttemptSpool } from '../record/attempt-spool.ts';
import type { LogReader } from '../record/log-reader.ts';
import type { Recorder } from '../record/recorder.ts';
import type { ConfigurationCache } from './configuration-cache.ts';
import type { Foresight } from './foresight.ts';
import type { HoldGuard } from './hold-guard.ts';
import type { CheckoutFor, GateEntropy, GateSettings } from './settings.ts';

export interface FlushContext {
  readonly writer: Pick<Writer, 'transaction' | 'turn'>;
  /** For reads outside the transaction: existing purchases, replays. */
  readonly pool: Pool;
  readonly recorder: Recorder;
  readonly log: Pick<LogReader, 'promiseOf'>;
  readonly configuration: ConfigurationCache;
  readonly settings: GateSettings;
  readonly checkoutFor: CheckoutFor;
  readonly entropy: GateEntropy;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Where attempts go while the ledger is away; null: nowhere, for tools that run a gate of their own. */
  readonly spool: AttemptSpool | null;
  /** Ids of periods known to exist. Owned by the gate; only ever added to, after a commit. */
  readonly knownPeriods: Map<string, bigint>;
  readonly foresight: Foresight;
  readonly holds: HoldGuard;
}
