import { describe, expect, it } from 'vitest';
import { chooseUnprivilegedUser, type Accounts } from './postgres-user.ts';

/** A machine with these accounts, on which `useradd` works or not. */
function machine(names: readonly string[], canCreate: boolean): Accounts & { readonly created: string[] } {
  const existing = new Set(names);
  const created: string[] = [];
  return {
    created,
    lookUp: (name) => Promise.resolve(existing.has(name) ? { uid: 100, gid: 100 } : undefined),
    createSystemUser(name) {
      if (!canCreate) return Promise.reject(new Error('useradd: not found'));
      created.push(name);
      existing.add(name);
      return Promise.resolve();
    },
  };
}

describe('chooseUnprivilegedUser', () => {
  it.each([
    [['postgres', 'countersign', 'nobody'], true, 'postgres', []],
    [['countersign', 'nobody'], true, 'countersign', []],
    [['nobody'], true, 'countersign', ['countersign']],
    [['nobody'], false, 'nobody', []],
  ])('of %j (useradd works: %j) takes %s', async (names, canCreate, chosen, created) => {
    const accounts = machine(names, canCreate);
    expect((await chooseUnprivilegedUser(accounts)).name).toBe(chosen);
    expect(accounts.created).toEqual(created);
  });

  it('says what to do when there is nobody to run as', async () => {
    await expect(chooseUnprivilegedUser(machine([], false))).rejects.toMatchObject({
      code: 'postgres_unusable',
      message: expect.stringContaining('DATABASE_URL') as string,
    });
  });
});
