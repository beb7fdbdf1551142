// index.ts: what the package offers to the command line and to whoever embeds the gateway. Only names, nothing is made here.
export {
  type AssemblyOptions,
  type Gateway,
  type OpenedStore,
  type RunningGateway,
  assembleGateway,
  openStore,
  startGateway,
} from './main.ts';
export { type Settings, SettingsError, readSettings } from './settings.ts';
export { type Admin } from './admin/admin.ts';
export { AdminError } from './admin/admin-error.ts';
export { findInstallationId } from './admin/ensure-installation.ts';
export type { BudgetInput } from './admin/budgets.ts';
export type { BudgetView } from './admin/budget-view.ts';
export { type Database, openDatabase } from './db/connect.ts';
export { DatabaseError } from './db/database-error.ts';
export type { EmbeddedPostgres } from './db/embedded-postgres.ts';
export type { DatabaseConnection } from './db/session-config.ts';
export type { Gate } from './gate/gate.ts';
export type { GateAnswer, GateCommand, GateRequest, PurchaseInput } from './gate/command.ts';
export {
  type CurrencyCode,
  formatAmount,
  isTimeZone,
  parseAmount,
  parseCountry,
  parseCurrency,
  parseRail,
} from './gate/command-values.ts';
export { actionOfTerms } from './gate/entry-body.ts';
export { fingerprintOf } from './gate/resolve-action.ts';
export { cardIdOf } from './ids.ts';
export { sequenceLog } from './jobs/sequence-log.ts';
export type { AgentCaller, Caller, SystemCaller } from './record/caller.ts';
export { LogError } from './record/log-error.ts';
export type { LogReader } from './record/log-reader.ts';
export { logOrigin } from './record/log-key.ts';
export { type DatabaseReport, NOT_IN_LOG, verifyDatabase } from './record/verify-database.ts';
export type { RowDifference } from './record/audit/row-audit.ts';
