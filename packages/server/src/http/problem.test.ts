import { readFileSync, readdirSync } from 'node:fs';

import { PROBLEMS, isProblemCode } from '@countersign/contract';
import { describe, expect, it } from 'vitest';

import { AdminError } from '../admin/admin-error.ts';
import { LedgerUnavailableError } from '../gate/gate.ts';
import { ProblemError, fieldOfPointer, isRetryable, problemOf, refusedByGate } from './problem.ts';
import { StrictJsonError } from './strict-json.ts';

function refusalsIn(folder: string): string[] {
  const base = new URL(folder, import.meta.url);
  return readdirSync(base)
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .flatMap((name) => {
      const text = readFileSync(new URL(name, base), 'utf8');
      return [...text.matchAll(/refus(?:ed|al)\(\s*'([a-z_]+)'|: '([a-z]+_not_found)'/g)].map(
        (match) => match[1] ?? match[2] ?? '',
      );
    });
}

describe('the catalogue of problems', () => {
  it('has every refusal of the gate and the core', () => {
    const codes = new Set([...refusalsIn('../gate/'), ...refusalsIn('../../../core/src/purchase/')]);
    expect(codes.size).toBeGreaterThan(15);
    expect([...codes].filter((code) => !isProblemCode(code))).toEqual([]);
  });

  it('pins what clients branch on', () => {
    const pinned = {
      unauthenticated: 401,
      key_revoked: 401,
      agent_mismatch: 403,
      self_approval: 403,
      not_an_approver_of_this_step: 403,
      request_not_found: 404,
      card_not_found: 404,
      approval_not_pending: 409,
      not_cancellable: 409,
      body_too_large: 413,
      unsupported_media_type: 415,
      invalid: 422,
      invalid_amount: 422,
      unknown_currency: 422,
      policy_not_found: 422,
      idempotency_key_reused: 422,
      outcome_unknown: 503,
      ledger_unavailable: 503,
    };
    expect(
      Object.fromEntries(
        Object.keys(pinned).map((code) => [code, PROBLEMS[code as keyof typeof pinned].status]),
      ),
    ).toEqual(pinned);
  });

  it('has the statuses of the control plane', () => {
    for (const code of [
      'not_found',
      'already_exists',
      'email_taken',
      'conflict',
      'secret_already_shown',
      'invalid',
      'idempotency_key_reused',
    ] as const) {
      expect(problemOf(new AdminError(code, 'it is so'), 'x')).toMatchObject({
        code,
        status: new AdminError(code, '').status,
      });
    }
  });
});

describe('a failure as a problem', () => {
  it('says nothing of what failed inside', () => {
    const secret = new TypeError('cannot read "hunter2" of SELECT * FROM api_key');
    const problem = problemOf(secret, 'request-1');
    expect(problem).toMatchObject({ status: 500, code: 'internal', instance: 'request-1' });
    expect(JSON.stringify(problem)).not.toMatch(/hunter2|SELECT|TypeError/);
  });

  it('tells an unreachable ledger from an unknown outcome', () => {
    expect(problemOf(new LedgerUnavailableError('x'), '')).toMatchObject({
      status: 503,
      code: 'ledger_unavailable',
    });
    expect(problemOf(Object.assign(new Error('x'), { code: 'outcome_unknown' }), '')).toMatchObject({
      status: 503,
      code: 'outcome_unknown',
    });
    for (const code of ['ECONNREFUSED', '57P01', '08006', 'postgres_unavailable']) {
      expect(problemOf(Object.assign(new Error('x'), { code }), '')).toMatchObject({
        status: 503,
        code: 'ledger_unavailable',
      });
    }
    expect(problemOf(Object.assign(new Error('x'), { code: '23505' }), '')).toMatchObject({ status: 500 });
    expect(isRetryable('ledger_unavailable')).toBe(true);
    expect(isRetryable('invalid')).toBe(false);
  });

  it('names the field of a pointer as people write it', () => {
    expect(fieldOfPointer('/rules/0/parameters/limit')).toBe('rules[0].parameters.limit');
    expect(fieldOfPointer('/a~1b/c~0d')).toBe('a/b.c~d');
    expect(fieldOfPointer('')).toBe('');
    expect(problemOf(new StrictJsonError('duplicate_key', 'twice', ['metadata', 'x', 3]), '')).toMatchObject({
      field: 'metadata.x[3]',
    });
  });

  it('makes a conflict of a refusal it does not know, and keeps its words', () => {
    expect(refusedByGate({ code: 'something_new', message: 'Not now.' })).toMatchObject({
      code: 'conflict',
      message: 'Not now.',
    });
    expect(refusedByGate({ code: 'self_approval', message: 'No.' })).toBeInstanceOf(ProblemError);
  });
});
