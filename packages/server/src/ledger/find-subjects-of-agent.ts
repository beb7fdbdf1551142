// ledger/find-subjects-of-agent.ts: which of some requests and checks are one agent's.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export interface AgentSubjectRow {
  subject_id: string;
}

export function findSubjectsOfAgent(agentId: string, subjectIds: readonly string[]): Statement {
  return {
    name: 'find_subjects_of_agent',
    text: `SELECT request_id AS subject_id FROM purchase_request
             WHERE request_id = ANY ($1::text[]) AND agent_id = $2
           UNION ALL
           SELECT check_id FROM policy_check WHERE check_id = ANY ($1::text[]) AND agent_id = $2`,
    values: [binaryArray.text(subjectIds), agentId],
  };
}
