// ledger/insert-installation.ts: makes this database an installation. Under the exclusive configuration lock, once.
import type { Statement } from '../db/statement.ts';

export function insertInstallation({
  installationId,
  at,
}: {
  readonly installationId: string;
  readonly at: Date;
}): Statement {
  return {
    name: 'insert_installation',
    text: `INSERT INTO configuration (installation_id, created_at) VALUES ($1, $2)`,
    values: [installationId, at],
  };
}
