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

export interface OperationShape {
  readonly operationId: string;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE' | 'PUT';
  /** With `{name}` for parameters. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly allow: readonly Access[];
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
