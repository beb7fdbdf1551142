// terminal/gateway-log.ts: the gateway's log as the command line shows it: JSON lines on standard error.
import { type Logger, pino } from 'pino';

export type GatewayLog = Logger;

/** A person at a terminal sees warnings; a file or a collector gets everything from `info` on. */
export function openGatewayLog(level: string = process.stderr.isTTY ? 'warn' : 'info'): GatewayLog {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ fd: 2, sync: true }),
  );
}
