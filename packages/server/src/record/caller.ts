// record/caller.ts: who is behind a command. Every entry of the log names its actor by id, never by name or e-mail.

export type Role = 'operator' | 'approver' | 'budget_owner' | 'auditor';

/** A human or a service with roles. An agent is not one. */
export interface PrincipalCaller {
  readonly kind: 'principal';
  readonly principalId: string;
  readonly roles: readonly Role[];
  readonly email: string | null;
  readonly keyId: string;
}

export interface AgentCaller {
  readonly kind: 'agent';
  readonly agentId: string;
  readonly keyId: string;
}

/** The gateway itself: jobs, and the payment network speaking through a rail. */
export interface SystemCaller {
  readonly kind: 'system';
  /** The job's or rail's name. */
  readonly name: string;
}

export type Caller = PrincipalCaller | AgentCaller | SystemCaller;

/** The id that owns idempotency keys and is named in the record. */
export function callerId(caller: Caller): string {
  switch (caller.kind) {
    case 'principal':
      return caller.principalId;
    case 'agent':
      return caller.agentId;
    case 'system':
      return caller.name;
  }
}
