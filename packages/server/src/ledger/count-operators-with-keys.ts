// ledger/count-operators-with-keys.ts: how many active operators hold a key that lets them in.
import type { Statement } from '../db/statement.ts';

export function countOperatorsWithKeys(at: Date): Statement {
  return {
    name: 'count_operators_with_keys',
    text: `SELECT count(*) AS operators FROM principal
           WHERE status = 'active' AND 'operator' = ANY (roles) AND EXISTS (
             SELECT FROM api_key WHERE api_key.principal_id = principal.principal_id AND revoked_at IS NULL
               AND (expires_at IS NULL OR expires_at > $1))`,
    values: [at],
  };
}
