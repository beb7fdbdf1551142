// ledger/find-subject-agents.ts: whose agent's doing the subjects of log entries are: requests and checks.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export interface SubjectAgentRow {
  subject_id: string;
  agent_id: string;
}

/** No row for what is nobody's: configuration, and what does not exist. */
export function findSubjectAgents(subjectIds: readonly string[]): Statement {
  return {
    name: 'find_subject_agents',
    text: `SELECT request_id AS subject_id, agent_id FROM purchase_request WHERE request_id = ANY ($1::text[])
           UNION ALL SELECT check_id, agent_id FROM policy_check WHERE check_id = ANY ($1::text[])`,
    values: [binaryArray.text(subjectIds)],
  };
}
