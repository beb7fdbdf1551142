// ledger/read-check.ts: one check and the log entry that holds its decision.
import type { Statement } from '../db/statement.ts';

export interface CheckViewRow {
  check_id: string;
  agent_id: string;
  body: Buffer;
}

export function readCheck(checkId: string): Statement {
  return {
    name: 'read_check',
    text: `SELECT check_id, agent_id, body FROM policy_check JOIN log_entry USING (entry_id) WHERE check_id = $1`,
    values: [checkId],
  };
}
