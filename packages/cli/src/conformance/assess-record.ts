// conformance/assess-record.ts: test 8.8 over the record of a whole run: every attempt is logged with all that AG-642 4.6
// lists, proved to be in the signed tree, as was promised. Pure and offline: the run and the verification of its pack both
// come to their result here.
import {
  MalformedError,
  type VerifierKey,
  canonicalJson,
  leafHash,
  openCheckpoint,
  parseVerifierKey,
  verifyConsistency,
  verifyInclusion,
  verifyPromise,
} from '@countersign/audit';

import type { Exchange, Json, RecordCheck } from './evidence.ts';
import { textAt, valueAt } from './expectation.ts';
import { type LogEvidence, type LoggedEntry, isAttempt } from './log-evidence.ts';
import { missingParts } from './logged-parts.ts';

export type RecordCheckName =
  | 'attempts_in_log'
  | 'denials_in_log'
  | 'entries_say_all'
  | 'charges_in_log'
  | 'signatures_in_log'
  | 'entries_included'
  | 'promises_kept'
  | 'log_only_grew';

export interface RecordToAssess {
  readonly exchanges: readonly Exchange[];
  readonly log: LogEvidence;
  /** The run's rows were in the authority matrix. */
  readonly hasMatrix: boolean;
}

const FAULTS_MAX = 50;

export function assessRecord(record: RecordToAssess): Record<RecordCheckName, RecordCheck> {
  const { exchanges, log } = record;
  const attempts = exchanges.filter(isAttempt);
  const byRequest = new Map<string, LoggedEntry[]>();
  for (const entry of log.entries) {
    const entries = byRequest.get(entry.subject_id);
    if (entries === undefined) byRequest.set(entry.subject_id, [entry]);
    else entries.push(entry);
  }
  const openings = attempts.map((attempt) => {
    const requestId = textAt(attempt, '/received/request_id');
    const opening = byRequest.get(requestId)?.find(({ entry }) => 'terms' in entry && 'decision' in entry);
    return { attempt, requestId, opening };
  });
  const result = (check: RecordCheckName, counted: number, faults: readonly string[]): RecordCheck => ({
    check,
    counted,
    faults: faults.slice(0, FAULTS_MAX),
  });
  const absent = (each: readonly (typeof openings)[number][]): string[] =>
    each
      .filter(({ opening }) => opening === undefined)
      .map(({ requestId }) => `${requestId} is not in the log`);
  const denied = openings.filter(({ attempt }) => valueAt(attempt, '/received/status') === 'denied');
  const said = openings.flatMap(({ attempt, opening }) =>
    opening === undefined ? [] : missingParts(attempt, opening, record.hasMatrix),
  );
  return {
    attempts_in_log: result('attempts_in_log', openings.length, absent(openings)),
    denials_in_log: result('denials_in_log', denied.length, absent(denied)),
    entries_say_all: result('entries_say_all', openings.length, [...absent(openings), ...said]),
    charges_in_log: chargesInLog(exchanges, byRequest),
    signatures_in_log: signaturesInLog(exchanges, byRequest),
    entries_included: entriesIncluded(log),
    promises_kept: promisesKept(openings, log),
    log_only_grew: logOnlyGrew(log),
  };
}

function chargesInLog(
  exchanges: readonly Exchange[],
  byRequest: ReadonlyMap<string, LoggedEntry[]>,
): RecordCheck {
  const charges = exchanges.filter(
    ({ path, status }) => /^\/v1\/sandbox\/cards\/[^/]+\/authorizations$/.test(path) && status === 201,
  );
  const faults = charges.flatMap((charge) => {
    const id = textAt(charge, '/received/authorization_id');
    const entries = byRequest.get(textAt(charge, '/received/request_id')) ?? [];
    return entries.some(({ entry }) => JSON.stringify(entry).includes(`"${id}"`))
      ? []
      : [`the charge ${id} is not in the log`];
  });
  return { check: 'charges_in_log', counted: charges.length, faults: faults.slice(0, FAULTS_MAX) };
}

function signaturesInLog(
  exchanges: readonly Exchange[],
  byRequest: ReadonlyMap<string, LoggedEntry[]>,
): RecordCheck {
  const signed = exchanges.filter(
    ({ path, status }) => /^\/v1\/approvals\/[^/]+\/approve$/.test(path) && status === 200,
  );
  const faults = signed.flatMap((exchange) => {
    const requestId = textAt(exchange, '/received/request_id');
    const reference = textAt(exchange, '/received/steps/0/signatures/0/authorization_reference');
    const entries = byRequest.get(requestId) ?? [];
    const isThere = entries.some(({ entry }) => hasSignature(entry, reference));
    return isThere
      ? []
      : [`a signature of ${requestId} is not in the log with who, when and by what authority`];
  });
  return { check: 'signatures_in_log', counted: signed.length, faults: faults.slice(0, FAULTS_MAX) };
}

function hasSignature(entry: LoggedEntry['entry'], reference: string): boolean {
  const steps = (entry['approval'] as { steps?: readonly { signatures?: readonly Json[] }[] } | undefined)
    ?.steps; // the gate's
  return (steps ?? []).some(({ signatures = [] }) =>
    signatures.some((signature) => {
      const { signed_by, signed_at, authorization_reference } = signature as Record<string, Json>; // the gate's
      return (
        typeof signed_by === 'string' &&
        typeof signed_at === 'string' &&
        authorization_reference === reference
      );
    }),
  );
}

function entriesIncluded(log: LogEvidence): RecordCheck {
  const check = 'entries_included';
  return withKey(check, log, (verifierKey) => {
    const { size, root } = openCheckpoint(Buffer.from(log.checkpoint), { verifierKey });
    const faults = log.entries.flatMap((entry) => {
      const verdict = verifyInclusion({
        leafIndex: entry.leaf_index,
        treeSize: size,
        leafHash: hashOf(entry),
        path: entry.path.map((hash) => Buffer.from(hash, 'base64')),
        root,
      });
      return verdict.valid
        ? []
        : [
            `leaf ${entry.leaf_index} (${entry.subject_id}) is not proved to be in the log: ${verdict.reason}`,
          ];
    });
    return { check, counted: log.entries.length, faults: faults.slice(0, FAULTS_MAX) };
  });
}

function promisesKept(
  openings: readonly { attempt: Exchange; requestId: string; opening: LoggedEntry | undefined }[],
  log: LogEvidence,
): RecordCheck {
  const check = 'promises_kept';
  return withKey(check, log, (verifierKey) => {
    const faults = openings.flatMap(({ attempt, requestId, opening }) => {
      if (opening === undefined) return [`${requestId} was promised and is not in the log`];
      const verdict = verifyPromise(valueAt(attempt, '/received/promise'), {
        verifierKey,
        leafHash: hashOf(opening),
      });
      return verdict.valid ? [] : [`the promise of ${requestId}: ${verdict.reason}`];
    });
    return { check, counted: openings.length, faults: faults.slice(0, FAULTS_MAX) };
  });
}

function logOnlyGrew(log: LogEvidence): RecordCheck {
  const check = 'log_only_grew';
  return withKey(check, log, (verifierKey) => {
    const before = openCheckpoint(Buffer.from(log.checkpointBefore), { verifierKey });
    const after = openCheckpoint(Buffer.from(log.checkpoint), { verifierKey });
    const verdict = verifyConsistency({
      oldSize: before.size,
      oldRoot: before.root,
      newSize: after.size,
      newRoot: after.root,
      path: log.consistency.map((hash) => Buffer.from(hash, 'base64')),
    });
    const faults = verdict.valid
      ? []
      : [`the tree of ${after.size} leaves is not that of ${before.size} and more: ${verdict.reason}`];
    return { check, counted: 1, faults };
  });
}

function withKey(check: string, log: LogEvidence, assess: (key: VerifierKey) => RecordCheck): RecordCheck {
  try {
    return assess(parseVerifierKey(log.verifierKey));
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    return { check, counted: log.entries.length, faults: [`the log's key or checkpoint: ${error.message}`] };
  }
}

function hashOf({ entry }: LoggedEntry): Buffer {
  return leafHash(Buffer.from(canonicalJson(entry)));
}
