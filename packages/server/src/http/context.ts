// http/context.ts: what the HTTP surface needs from the outside. main.ts constructs it; nothing here constructs anything.
import type { Pool } from 'pg';
import type { Logger } from 'pino';

import type { Admin } from '../admin/admin.ts';
import type { GateAnswer, GateRequest } from '../gate/command.ts';
import type { Configuration } from '../gate/configuration.ts';
import type { Metrics } from './metrics.ts';

export interface HttpContext {
  readonly gate: { submit(request: GateRequest): Promise<GateAnswer> };
  readonly configuration: { readonly current: Configuration; fresh(): Promise<Configuration> };
  /** For reads. */
  readonly pool: Pool;
  readonly admin: Admin;
  readonly rails: {
    /** The number of a card that the gate has let through; undefined: no adapter of this installation issued it. */
    reveal(card: { readonly cardId: string; readonly provider: string }): { readonly pan: string; readonly cvc: string } | undefined;
  };
  readonly events: EventSource;
  readonly deliveries: DeliverySource;
  readonly record: RecordSource;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Throws when the ledger cannot be asked. */
  readonly checkReady: () => Promise<void>;
  readonly settings: HttpSettings;
}

export interface HttpSettings {
  /** COUNTERSIGN_PUBLIC_LOG: entry bundles need no key. */
  readonly publicLog: boolean;
  /** COUNTERSIGN_PUBLIC_METRICS: metrics need no key. */
  readonly publicMetrics: boolean;
}

/** One event: `json` is its payload `{type,timestamp,data}` as text, written once. */
export interface StreamEvent {
  readonly leafIndex: number;
  readonly type: string;
  readonly json: string;
}

export interface EventQuery {
  /** Only events with a greater leaf index; -1: from the beginning. */
  readonly after: number;
  readonly limit: number;
  /** null: all. */
  readonly types: readonly string[] | null;
  /** Only events about this agent's requests, cards and checks; null: all. */
  readonly agentId: string | null;
}

/** What the HTTP surface asks of the event feed (record/event-feed.ts). */
export interface EventSource {
  /**
   * Resolves when the subject may have changed, here or in another gateway, when the time is over, or when `signal`
   * aborts. Listens from the moment it is called, so call it before reading the state.
   */
  waitForChange(subjectId: string, timeoutMs: number, signal: AbortSignal): Promise<void>;
  /** Resolves when the log has a leaf beyond `after`, when the time is over, or when `signal` aborts. */
  waitForLeaf(after: number, timeoutMs: number, signal: AbortSignal): Promise<void>;
  /** `scannedTo`: the last leaf that was looked at, to go on after; `after` where there was none. */
  list(query: EventQuery): Promise<{ readonly events: readonly StreamEvent[]; readonly scannedTo: number }>;
  /** Leaf index of the newest event; -1: none. */
  newest(): Promise<number>;
}

/** The delivery log of webhook endpoints. */
export interface DeliverySource {
  list(
    endpointId: string,
    query: {
      readonly status?: 'pending' | 'delivered' | 'failed' | undefined;
      readonly limit?: number | undefined;
      readonly cursor?: string | undefined;
    },
  ): Promise<{ readonly items: readonly object[]; readonly nextCursor: string | null }>;
  /** Makes it due again, with the same id; undefined: there is no such delivery. */
  replay(endpointId: string, deliveryId: string): Promise<object | undefined>;
}

/** What the HTTP surface asks of the log's reader (record/log-reader.ts). */
export interface RecordSource {
  verifierKey(): string;
  checkpoint(): Promise<{ readonly size: number; readonly note: string }>;
  tile(tile: { readonly level: number; readonly index: number; readonly width: number }): Promise<Buffer | undefined>;
  entryBundle(bundle: { readonly index: number; readonly width: number }): Promise<Buffer | undefined>;
  entries(start: number, limit: number): Promise<readonly object[]>;
  inclusionProof(
    wanted: ({ readonly leafIndex: number } | { readonly entryId: bigint }) & { readonly size?: number },
  ): Promise<object | undefined>;
  consistencyProof(from: number, to?: number): Promise<object | undefined>;
}
