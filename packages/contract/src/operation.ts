// operation.ts: the form of one operation of the API: where it is, who may call it, what goes in and what comes out.
// The server registers exactly these and the OpenAPI document is generated from them, so the two cannot differ.
import type { Static, TObject, TSchema } from 'typebox';

/** Who may call an operation. `public` needs no key at all. */
export type Access = 'agent' | 'operator' | 'approver' | 'budget_owner' | 'auditor' | 'public';

export const EVERY_ROLE = [
  'agent',
  'operator',
  'approver',
  'budget_owner',
  'auditor',
] as const satisfies readonly Access[];

/**
 * What `change_control: four_eyes` makes of a change of the configuration.
 * - `controlled`: it is a draft until a second person approves it, or an emergency.
 * - `always_reviewed`: as `controlled`, but no emergency: it decides who the second person is.
 * - `immediate`: it stops something, or concerns no authority to spend: it never waits.
 * - `none`: it is no change of the configuration.
 */
export type ChangeKind = 'controlled' | 'always_reviewed' | 'immediate' | 'none';

export interface OperationShape {
  readonly operationId: string;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE' | 'PUT';
  /** With `{name}` for parameters. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly allow: readonly Access[];
  /** Of what people and services with a role may send and is no GET. Left out, it is `controlled`; a test wants it said. */
  readonly change?: ChangeKind;
  readonly params?: TObject;
  readonly query?: TObject;
  readonly headers?: TObject;
  readonly body?: TSchema;
  /** The body may be left out altogether. */
  readonly bodyOptional?: true;
  /** The body's schema is documentation: its reader checks it, with better words and the rules of its language. */
  readonly bodyCheckedByReader?: true;
  readonly bodyExample?: unknown;
  readonly status: 200 | 201 | 202 | 204;
  readonly response?: TSchema;
  readonly responseExample?: unknown;
  /** Media types of an answer that is not JSON. */
  readonly responseMedia?: readonly string[];
}

/** undefined: nobody who has a role can change anything by it. */
export function changeKindOf(operation: OperationShape): ChangeKind | undefined {
  const isForPrincipals = operation.allow.some((role) => role !== 'agent' && role !== 'public');
  if (operation.method === 'GET' || !isForPrincipals) return undefined;
  return operation.change ?? 'controlled';
}

/** Declares an operation, keeping the exact types of its schemas. */
export function operation<const O extends OperationShape>(shape: O): O {
  return shape;
}

type StaticOf<S> = S extends TSchema ? Static<S> : undefined;
export type BodyOf<O extends OperationShape> = O extends { body: infer S } ? StaticOf<S> : undefined;
export type QueryOf<O extends OperationShape> = O extends { query: infer S }
  ? StaticOf<S>
  : Record<string, never>;
export type ParamsOf<O extends OperationShape> = O extends { params: infer S }
  ? StaticOf<S>
  : Record<string, never>;
export type ResponseOf<O extends OperationShape> = O extends { response: infer S } ? StaticOf<S> : undefined;
