// ledger/insert-checks.ts: stores what policies answered about actions that are not purchases.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export interface CheckRow {
  readonly checkId: string;
  readonly agentId: string;
  readonly fingerprint: bigint;
  readonly actionType: string;
  readonly counterparty: string;
  readonly currency: string;
  readonly amountMinor: bigint;
  readonly decision: 'allow' | 'block' | 'escalate';
  readonly createdAtMs: number;
  readonly entryId: bigint;
}

export function insertChecks(rows: readonly CheckRow[]): Statement {
  return {
    name: 'insert_checks',
    text: `INSERT INTO policy_check (check_id, agent_id, fingerprint, action_type, counterparty, currency, amount_minor,
             decision, created_at, entry_id)
           SELECT * FROM unnest($1::text[], $2::text[], $3::int8[], $4::text[], $5::text[], $6::text[], $7::int8[],
             $8::text[], $9::timestamptz[], $10::int8[])`,
    values: [
      binaryArray.text(rows.map((row) => row.checkId)),
      binaryArray.text(rows.map((row) => row.agentId)),
      binaryArray.int8(rows.map((row) => row.fingerprint)),
      binaryArray.text(rows.map((row) => row.actionType)),
      binaryArray.text(rows.map((row) => row.counterparty)),
      binaryArray.text(rows.map((row) => row.currency)),
      binaryArray.int8(rows.map((row) => row.amountMinor)),
      binaryArray.text(rows.map((row) => row.decision)),
      binaryArray.timestamptz(rows.map((row) => row.createdAtMs)),
      binaryArray.int8(rows.map((row) => row.entryId)),
    ],
  };
}
