// The settings every connection of Countersign shares: schema, role, time-outs, and how values are parsed.
// Must not set anything process-wide: the driver's global type parsers belong to whoever embeds the server.

import pg from 'pg';

/** A connection string or the driver's own settings. */
export type DatabaseConnection = string | pg.ClientConfig;

export const SCHEMA = 'countersign';
export const GATEWAY_ROLE = 'countersign_gateway';

const CONNECT_TIMEOUT_MS = 10_000;

export interface SessionOptions {
  readonly applicationName: string;
  /** The role taken on when the session starts, so that not even the first statement has the owner's rights. */
  readonly role?: string;
}

export function sessionConfig(connection: DatabaseConnection, options: SessionOptions): pg.ClientConfig {
  const { given, startupOptions } = separateStartupOptions(connection);
  const settings = [
    ...(startupOptions === '' ? [] : [startupOptions]),
    `-c search_path=${SCHEMA}`,
    '-c timezone=UTC',
    '-c jit=off',
    // A gateway that vanished without closing its connection must not keep its locks.
    '-c idle_in_transaction_session_timeout=60s',
    ...(options.role === undefined ? [] : [`-c role=${options.role}`]),
  ];
  return {
    ...given,
    application_name: options.applicationName,
    options: settings.join(' '),
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    types: VALUE_TYPES,
  };
}

/** The driver lets `options` in a connection string replace ours; both have to reach the server. */
function separateStartupOptions(connection: DatabaseConnection): {
  given: pg.ClientConfig;
  startupOptions: string;
} {
  if (typeof connection !== 'string') return { given: connection, startupOptions: connection.options ?? '' };
  const [address = '', ...rest] = connection.split('?');
  const parameters = new URLSearchParams(rest.join('?'));
  const startupOptions = parameters.get('options') ?? '';
  parameters.delete('options');
  parameters.delete('application_name');
  const query = parameters.toString();
  return { given: { connectionString: query === '' ? address : `${address}?${query}` }, startupOptions };
}

const { builtins } = pg.types;
const INT8_ARRAY = 1016;

type TextParser = (value: string) => unknown;

/**
 * `bigint` for int8: money and counters are exact. Dates without a time, and times without a zone, stay text: the
 * driver would read them in the machine's time zone. timestamptz becomes a Date, cut to milliseconds.
 */
const TEXT_PARSERS: ReadonlyMap<number, TextParser> = new Map<number, TextParser>([
  [builtins.INT8, BigInt],
  [INT8_ARRAY, parseInt8Array],
  [builtins.DATE, (value) => value],
  [builtins.TIMESTAMP, (value) => value],
]);

export const VALUE_TYPES: pg.CustomTypesConfig = {
  getTypeParser(oid, format): TextParser {
    const own = format === 'binary' ? undefined : TEXT_PARSERS.get(oid);
    return own ?? (pg.types.getTypeParser(oid, format) as TextParser); // declared as `any`; for text it is this
  },
};

/** One dimension, as every int8[] of the schema has. */
function parseInt8Array(value: string): (bigint | null)[] {
  const inner = value.slice(1, -1);
  if (inner === '') return [];
  return inner.split(',').map((item) => (item === 'NULL' ? null : BigInt(item)));
}
