// explain-failure.ts: which failures of the server a user can act on, in one line; a stack only for those that are bugs.
import { AdminError, DatabaseError, LogError, SettingsError } from '@countersign/server';

import { EXIT, type ExitCode } from './failure.ts';

export function explainFailure(error: unknown): { message: string; exitCode: ExitCode } {
  if (error instanceof SettingsError) return { message: error.message, exitCode: EXIT.usage };
  if (error instanceof AdminError) {
    const faults = error.faults.map(({ pointer, message }) =>
      pointer === '' ? message : `${pointer}: ${message}`,
    );
    return {
      message: faults.length === 0 ? error.message : `${error.message}\n  ${faults.join('\n  ')}`,
      exitCode: EXIT.failed,
    };
  }
  if (error instanceof DatabaseError || error instanceof LogError)
    return { message: error.message, exitCode: EXIT.failed };
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE' || code === 'EACCES' || code === 'EADDRNOTAVAIL') {
    return {
      message: `cannot listen there: ${messageOf(error)}; choose another PORT or HOST`,
      exitCode: EXIT.failed,
    };
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { message: `this is a bug, please report it\n${stack}`, exitCode: EXIT.failed };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
