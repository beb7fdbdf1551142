// Loggers for tests: silent unless something is wrong, or kept for the test to read.

import type { DatabaseLog } from '../../packages/server/src/db/database-log.ts';

export const WARNINGS_TO_STDERR: DatabaseLog = {
  info: () => undefined,
  warn: (details, message) => process.stderr.write(`warning: ${message} ${JSON.stringify(details)}\n`),
  error: (details, message) => process.stderr.write(`error: ${message} ${JSON.stringify(details)}\n`),
};

export interface CollectingLog extends DatabaseLog {
  readonly messages: string[];
}

export function collectingLog(): CollectingLog {
  const messages: string[] = [];
  const collect = (_details: object, message: string): void => {
    messages.push(message);
  };
  return { messages, info: collect, warn: collect, error: collect };
}
