// admin/settings.ts: what the installation as a whole is set to. Two-person control is switched on only where two people
// could then act; that it cannot be switched off alone is change control's doing, since it is a change like any other.
import { countOperatorsWithKeys } from '../ledger/count-operators-with-keys.ts';
import {
  type InstallationSettingsRow,
  readInstallationSettings,
} from '../ledger/read-installation-settings.ts';
import { updateInstallationSettings } from '../ledger/update-installation-settings.ts';
import type { Json } from '../record/recorder.ts';
import { AdminError, invalid } from './admin-error.ts';
import {
  type Actor,
  type AdminContext,
  applyChange,
  type ChangeOptions,
  type ChangeStep,
  firstRow,
  readRows,
} from './apply-change.ts';
import { SETTING_FIELDS, type SettingName, settingOf, type SettingValue } from './setting-fields.ts';

/** In the wire's spelling: names are data here. */
export type SettingsView = {
  readonly change_control: 'single' | 'four_eyes';
  readonly require_idempotency_key: boolean;
} & { readonly [Name in SettingName]: SettingValue<Name> };

/** What is absent stays as it is. */
export type SettingsUpdate = Readonly<Record<string, unknown>>;

export interface Settings {
  get(): Promise<SettingsView>;
  update(actor: Actor, update: SettingsUpdate, options?: ChangeOptions): Promise<SettingsView>;
}

export function createSettings(context: AdminContext): Settings {
  return {
    async get() {
      const [row] = await readRows<InstallationSettingsRow>(context.pool, readInstallationSettings());
      return viewOf(found(row));
    },
    update: (actor, update, options) =>
      applyChange(context, { actor, operation: 'settings.update', options }, async (step) => {
        const former = found(await firstRow<InstallationSettingsRow>(step.tx, readInstallationSettings()));
        const row = changed(former, update);
        const [before, after] = [viewOf(former), viewOf(row)];
        if (JSON.stringify(before) === JSON.stringify(after)) return before;
        if (before.change_control === 'single' && after.change_control === 'four_eyes') {
          await requireTwoOperators(step);
        }
        await step.tx.query(updateInstallationSettings(row));
        await step.record({
          type: 'installation.settings_changed',
          subjectId: row.installation_id,
          before,
          after,
          undo: Object.fromEntries(Object.keys(update).map((name) => [name, Reflect.get(before, name)])),
        });
        return after;
      }),
  };
}

function changed(former: InstallationSettingsRow, update: SettingsUpdate): InstallationSettingsRow {
  let row = former;
  for (const [name, value] of Object.entries(update)) {
    if (value === undefined) continue;
    if (name === 'change_control') {
      if (value !== 'single' && value !== 'four_eyes') {
        throw invalid('/change_control', 'it is `single` or `four_eyes`', 'unknown_choice');
      }
      row = { ...row, change_control: value };
    } else if (name === 'require_idempotency_key') {
      if (typeof value !== 'boolean') throw invalid('/require_idempotency_key', 'it is true or false');
      row = { ...row, require_idempotency_key: value };
    } else {
      row = { ...row, settings: { ...row.settings, [name]: checkedSetting(row, name, value) } };
    }
  }
  return row;
}

function checkedSetting(row: InstallationSettingsRow, name: string, value: unknown): Json {
  if (!isSettingName(name)) throw invalid(`/${name}`, 'there is no such setting', 'unknown_field');
  // The field and its current value belong together; the compiler cannot see which one it is.
  const field = SETTING_FIELDS[name] as { check(field: string, value: unknown, current: Json): Json };
  return field.check(`/${name}`, value, settingOf(row.settings, name));
}

function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(SETTING_FIELDS, name);
}

async function requireTwoOperators(step: ChangeStep): Promise<void> {
  const counted = await firstRow<{ operators: bigint }>(step.tx, countOperatorsWithKeys(step.at));
  if (counted !== null && counted.operators >= 2n) return;
  throw new AdminError(
    'too_few_operators',
    '`four_eyes` needs two active operators who each hold a key: otherwise nobody could approve anything any more',
    { field: '/change_control' },
  );
}

function found(row: InstallationSettingsRow | null | undefined): InstallationSettingsRow {
  if (row == null) throw new Error('the installation has no configuration row');
  return row;
}

function viewOf(row: InstallationSettingsRow): SettingsView {
  const names = Object.keys(SETTING_FIELDS) as SettingName[]; // its keys, as declared
  const others = Object.fromEntries(names.map((name) => [name, settingOf(row.settings, name)]));
  return {
    change_control: row.change_control,
    require_idempotency_key: row.require_idempotency_key,
    ...(others as { [Name in SettingName]: SettingValue<Name> }), // one for each name
  };
}
