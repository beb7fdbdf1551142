// settings.ts: what an operator sets through the environment, read once and checked. Must not construct anything.
import { join, resolve } from 'node:path';

export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  /** Your own PostgreSQL; null: the embedded one. */
  readonly databaseUrl: string | null;
  readonly operatorKey: string | undefined;
  /** Goes back to `change_control: single` at the start: for an installation whose second operator is gone. */
  readonly recoverSingleControl: boolean;
  readonly logKeyFile: string;
  readonly publicLog: boolean;
  readonly publicMetrics: boolean;
  readonly allowPrivateWebhooks: boolean;
  readonly sandboxAutocharge: boolean;
  /** Milliseconds a hold waits for its signatures when the request does not say. */
  readonly approvalValidForMs: number;
  /** Milliseconds an unused card lives. */
  readonly cardValidForMs: number;
  readonly logLevel: string;
}

export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

type Environment = Readonly<Record<string, string | undefined>>;

const HOUR_MS = 3_600_000;

/** @throws SettingsError naming the variable that is wrong */
export function readSettings(environment: Environment, cwd: string): Settings {
  const dataDir = resolve(cwd, text(environment, 'COUNTERSIGN_DATA_DIR') ?? '.countersign');
  return {
    host: text(environment, 'HOST') ?? '127.0.0.1',
    port: integer(environment, 'PORT', { fallback: 8642, min: 0, max: 65_535 }),
    dataDir,
    databaseUrl: text(environment, 'DATABASE_URL') ?? null,
    operatorKey: text(environment, 'COUNTERSIGN_OPERATOR_KEY'),
    recoverSingleControl: flag(environment, 'COUNTERSIGN_RECOVER_SINGLE_CONTROL'),
    logKeyFile: text(environment, 'COUNTERSIGN_LOG_KEY_FILE') ?? join(dataDir, 'log-key.pem'),
    publicLog: flag(environment, 'COUNTERSIGN_PUBLIC_LOG'),
    publicMetrics: flag(environment, 'COUNTERSIGN_PUBLIC_METRICS'),
    allowPrivateWebhooks: flag(environment, 'COUNTERSIGN_ALLOW_PRIVATE_WEBHOOKS'),
    sandboxAutocharge: flag(environment, 'COUNTERSIGN_SANDBOX_AUTOCHARGE'),
    approvalValidForMs: hours(environment, 'COUNTERSIGN_APPROVAL_HOURS', 72),
    cardValidForMs: hours(environment, 'COUNTERSIGN_CARD_HOURS', 168),
    logLevel: text(environment, 'COUNTERSIGN_LOG_LEVEL') ?? 'info',
  };
}

function text(environment: Environment, name: string): string | undefined {
  const value = environment[name]?.trim();
  return value === undefined || value === '' ? undefined : value;
}

function flag(environment: Environment, name: string): boolean {
  const value = text(environment, name);
  if (value === undefined || value === '0' || value === 'false') return false;
  if (value === '1' || value === 'true') return true;
  throw new SettingsError(`${name} must be 1 or 0`);
}

function integer(
  environment: Environment,
  name: string,
  range: { readonly fallback: number; readonly min: number; readonly max: number },
): number {
  const value = text(environment, name);
  if (value === undefined) return range.fallback;
  const number = Number(value);
  if (!/^\d+$/.test(value) || number < range.min || number > range.max) {
    throw new SettingsError(`${name} must be a whole number from ${range.min} to ${range.max}`);
  }
  return number;
}

function hours(environment: Environment, name: string, fallback: number): number {
  return integer(environment, name, { fallback, min: 1, max: 8_760 }) * HOUR_MS;
}
