// log/verify-stored-record.ts: the check of a database against its own log: the log against its signed root, then every
// balance and row against the entries it must be the sum of. Reads only.
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MalformedError, type VerifierKey, parseVerifierKey, signingKeyFromPem } from '@countersign/audit';
import {
  type Database,
  type DatabaseConnection,
  type DatabaseReport,
  NOT_IN_LOG,
  type RowDifference,
  actionOfTerms,
  findInstallationId,
  fingerprintOf,
  logOrigin,
  openDatabase,
  openStore,
  verifyDatabase,
} from '@countersign/server';

import type { Output } from '../commands/output.ts';
import { CommandFailure, EXIT, type ExitCode, usageFailure } from '../failure.ts';
import { openGatewayLog } from '../terminal/gateway-log.ts';
import { grouped } from '../terminal/numbers.ts';
import { cut, style } from '../terminal/style.ts';

export interface StoredRecordPlace {
  readonly database?: string;
  readonly dataDir?: string;
  readonly key?: string;
  readonly json?: boolean;
}

const SHOWN_MAX = 50;

/** The check as both the command and a replay use it. */
export function auditDatabase(
  database: Pick<Database, 'pool'>,
  verifierKey: VerifierKey,
): Promise<DatabaseReport> {
  return verifyDatabase({
    database,
    verifierKey,
    fingerprintOf: (subject, terms) => fingerprintOf(actionOfTerms(subject, terms)),
  });
}

export async function verifyStoredRecord(place: StoredRecordPlace, output: Output): Promise<ExitCode> {
  const { database: databaseUrl, dataDir } = place;
  if (databaseUrl !== undefined) return verifyConnection(databaseUrl, place, output);
  if (dataDir === undefined) throw usageFailure('name a database or a data directory');
  await refuseUnlessThere(dataDir);
  const store = await openStore({ databaseUrl: null, dataDir, log: openGatewayLog('warn') });
  try {
    return await verifyConnection(store.connection, place, output);
  } finally {
    await store.embedded?.stop('fast');
  }
}

async function verifyConnection(
  connection: DatabaseConnection,
  place: StoredRecordPlace,
  output: Output,
): Promise<ExitCode> {
  const database = await openDatabase({ connection, applicationName: 'countersign log verify' });
  try {
    const key = await keyOf(database, place, output);
    const report = await auditDatabase(database, key);
    output.result(
      place.json === true ? JSON.stringify(storedJson(report, key), null, 2) : storedText(report),
    );
    return report.valid ? EXIT.ok : EXIT.failed;
  } finally {
    await database.close();
  }
}

/** Opening a directory that holds none would make an empty gateway in it, and verify that. */
async function refuseUnlessThere(dataDir: string): Promise<void> {
  await access(join(dataDir, 'postgres-password')).catch(() => {
    throw usageFailure(`there is no data of a gateway in \`${dataDir}\``);
  });
}

/** The pinned key, or that of the key file: never one that the database names, since it is what is being checked. */
async function keyOf(database: Database, place: StoredRecordPlace, output: Output): Promise<VerifierKey> {
  if (place.key !== undefined) {
    try {
      return parseVerifierKey(place.key);
    } catch (error) {
      if (error instanceof MalformedError)
        throw usageFailure(`--key is not the key of a log: ${error.message}`);
      throw error;
    }
  }
  const keyFile =
    process.env['COUNTERSIGN_LOG_KEY_FILE'] ??
    (place.dataDir === undefined ? undefined : join(place.dataDir, 'log-key.pem'));
  if (keyFile === undefined)
    throw usageFailure("give the log's key with --key, or its file in COUNTERSIGN_LOG_KEY_FILE");
  const installationId = await findInstallationId(database.pool);
  if (installationId === null)
    throw new CommandFailure('there is no installation of Countersign in this database');
  const pem = await readFile(keyFile, 'utf8').catch((error: unknown) => {
    throw usageFailure(
      `cannot read the log's key file: ${error instanceof Error ? error.message : String(error)}`,
    );
  });
  const key = signingKeyFromPem(logOrigin(installationId), pem).verifierKey;
  output.note(`Verified with the key of ${keyFile}: ${key.text}`);
  return key;
}

function storedJson(report: DatabaseReport, key: VerifierKey): object {
  return {
    valid: report.valid,
    key: key.text,
    entries_checked: report.entriesChecked,
    difference_count: report.differenceCount,
    differences: report.differences,
    not_in_log: NOT_IN_LOG,
  };
}

function storedText(report: DatabaseReport): string {
  const checked = `${grouped(report.entriesChecked)} entries, and every row against them`;
  if (report.valid) return `  ${style.good('verified')}  ${checked}`;
  const shown = report.differences
    .slice(0, SHOWN_MAX)
    .map((difference) => `  ${style.bad('differs')}   ${describeRow(difference)}`);
  const hidden = report.differenceCount - shown.length;
  return [
    ...shown,
    ...(hidden > 0 ? [`            and ${grouped(hidden)} more`] : []),
    `  ${style.bad('NOT VALID')} ${grouped(report.differenceCount)} differences; ${checked}`,
  ].join('\n');
}

/** Where the difference is: table, key of the row, column. */
export function describeRow({ table, key, column, kind, expected, actual }: RowDifference): string {
  const place = `${table}${column === null ? '' : `.${column}`} of ${Object.entries(key)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')}`;
  if (kind === 'missing') return `${place} is missing`;
  if (kind === 'extra') return `${place} is in no entry of the log`;
  return `${place} is ${cut(actual ?? 'null', 80)}, and the log says ${cut(expected ?? 'null', 80)}`;
}
