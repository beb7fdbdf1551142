// http/context.ts: what the HTTP surface needs from the outside. main.ts constructs it; nothing here constructs anything.
import type { Pool } from 'pg';
import type { Logger } from 'pino';

import type { Admin } from '../admin/admin.ts';
import type { GateAnswer, GateRequest } from '../gate/command.ts';
import type { Configuration } from '../gate/configuration.ts';
import type { LogEvent } from '../record/event-data.ts';
import type { Metrics } from './metrics.ts';

export interface HttpContext {
  readonly gate: { submit(request: GateRequest): Promise<GateAnswer> };
  readonly configuration: { readonly current: Configuration; fresh(): Promise<Configuration> };
  /** For reads. */
  readonly pool: Pool;
  readonly admin: Admin;
  readonly rails: {
    /** The number of a card that the gate has let through; undefined: no adapter of this installation issued it. */
    reveal(card: {
      readonly cardId: string;
      readonly provider: string;
    }): { readonly pan: string; readonly cvc: string } | undefined;
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

/** What the HTTP surface asks of the event feed (record/event-feed.ts). */
export interface EventSource {
  /** Reads until what is read is ready or the time is over; gives what was read last. Misses no change. */
  waitUntil<T>(options: {
    readonly subjectId: string;
    readonly timeoutMs: number;
    readonly signal?: AbortSignal;
    readonly read: () => Promise<T>;
    readonly isReady: (value: T) => boolean;
  }): Promise<T>;
  /** Events in the log's order, after a leaf index; null: only what comes from now on. */
  subscribe(subscription: {
    readonly after: number | null;
    readonly types?: readonly string[];
    /** Only events about this agent's requests, cards and checks; left out: all. */
    readonly agentId?: string;
    readonly signal: AbortSignal;
  }): AsyncIterable<LogEvent>;
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
  tile(tile: {
    readonly level: number;
    readonly index: number;
    readonly width: number;
  }): Promise<Buffer | undefined>;
  entryBundle(bundle: { readonly index: number; readonly width: number }): Promise<Buffer | undefined>;
  entries(start: number, limit: number): Promise<readonly object[]>;
  inclusionProof(
    wanted: ({ readonly leafIndex: number } | { readonly entryId: bigint }) & { readonly size?: number },
  ): Promise<object | undefined>;
  consistencyProof(from: number, to?: number): Promise<object | undefined>;
}
