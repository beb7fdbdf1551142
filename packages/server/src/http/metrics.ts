// http/metrics.ts: what Prometheus may scrape. Labels have few values: never ids, never what was sent.
// Owns its registry, so several gateways in one process (tests) do not mix.
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

export interface Metrics {
  readonly registry: Registry;
  answered(answer: { method: string; route: string; status: number; seconds: number }): void;
  decided(subject: 'purchase' | 'check', outcome: string): void;
  /** For the gate's observer: after each batch. */
  flushed(batch: { size: number; durationMs: number; queued: number }): void;
  flushFailed(): void;
}

export function createMetrics(options: { readonly processMetrics?: boolean } = {}): Metrics {
  const registry = new Registry();
  if (options.processMetrics === true) collectDefaultMetrics({ register: registry, prefix: 'countersign_' });
  const registers = [registry];
  const requests = new Histogram({
    name: 'countersign_http_request_seconds',
    help: 'Time from request to answer.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30],
    registers,
  });
  const decisions = new Counter({
    name: 'countersign_decisions_total',
    help: 'Decisions answered, by what they were about and how they came out.',
    labelNames: ['subject', 'outcome'],
    registers,
  });
  const batches = new Histogram({
    name: 'countersign_gate_batch_size',
    help: 'Commands decided in one transaction.',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
    registers,
  });
  const flushes = new Histogram({
    name: 'countersign_gate_flush_seconds',
    help: 'Time to decide a batch and make it durable.',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
    registers,
  });
  const queue = new Gauge({
    name: 'countersign_gate_queue_length',
    help: 'Commands waiting for a batch.',
    registers,
  });
  const failures = new Counter({
    name: 'countersign_gate_failures_total',
    help: 'Batches that failed.',
    registers,
  });
  return {
    registry,
    answered: ({ method, route, status, seconds }) =>
      requests.observe({ method, route, status: String(status) }, seconds),
    decided: (subject, outcome) => decisions.inc({ subject, outcome }),
    flushed({ size, durationMs, queued }) {
      batches.observe(size);
      flushes.observe(durationMs / 1000);
      queue.set(queued);
    },
    flushFailed: () => failures.inc(),
  };
}
