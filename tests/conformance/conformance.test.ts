// The conformance command against a whole gateway over real HTTP: all that MUST be there is shown, what is the organisation's
// own is put back, and its evidence verifies, until one byte of it is changed.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { conformanceVerify } from '../../packages/cli/src/commands/conformance-verify.ts';
import { verifyPack } from '../../packages/cli/src/conformance/verify-pack.ts';
import { verifyDatabase } from '../../packages/server/src/record/verify-database.ts';
import { actionOfTerms } from '../../packages/server/src/gate/entry-body.ts';
import { fingerprintOf } from '../../packages/server/src/gate/resolve-action.ts';
import { parseVerifierKey } from '../../packages/audit/src/index.ts';
import {
  type CommandRun,
  type ConformanceGateway,
  OPERATOR_KEY,
  newFolder,
  removeFolders,
  runCommand,
  startConformanceGateway,
} from './conformance-gateway.ts';

const COMMAND = fileURLToPath(new URL('../../packages/cli/bin/countersign.js', import.meta.url));

let gateway: ConformanceGateway;
let agentKey: string;
let run: CommandRun;

const MATRIX = {
  rows: [
    {
      row_id: 'own',
      agent_id: 'own_agent',
      category: '*',
      autonomous_limit: { amount: '500.00', currency: 'USD' },
    },
  ],
  // Of any category, in another currency: neither may reach the purchases of the run.
  tiers: [{ tier: 'lead', limit: { amount: '9000000.00', currency: 'USD' }, approvers: ['own_lead'] }],
};

beforeAll(async () => {
  gateway = await startConformanceGateway();
  const { send } = gateway;
  await send('POST', '/v1/approvers', { approver_id: 'own_lead', name: 'Lead' });
  await send('POST', '/v1/agents', { agent_id: 'own_agent', name: 'Own' });
  agentKey = (await send('POST', '/v1/agents/own_agent/keys'))['api_key'] as string;
  await send('POST', '/v1/policies', {
    policy_id: 'own_policy',
    name: 'Own',
    rules: [{ rule_id: 'r1', rule_type: 'max_amount', parameters: { limit: 1000, currency: 'USD' } }],
  });
  await send('POST', '/v1/budgets', {
    budget_id: 'own_budget',
    name: 'Own',
    scope: { type: 'agent', id: 'own_agent' },
    period: 'year',
    currency: 'USD',
    limit: '1000.00',
  });
  await send('PUT', '/v1/authority-matrix', MATRIX);
  run = await runCommand(gateway.url);
}, 300_000);

afterAll(async () => {
  await gateway.close();
  await removeFolders();
});

describe('the run', () => {
  it('shows every MUST, SHOULD and MAY, and ends with 0', () => {
    const failed = packFiles(run.dir, 'cases/')
      .map(
        (path) =>
          JSON.parse(readFileSync(join(run.dir, path), 'utf8')) as { case_id: string; verdict: string },
      )
      .filter(({ verdict }) => verdict === 'failed');
    expect(
      failed.map(({ case_id: id }) => id),
      readFileSync(join(run.dir, 'report.txt'), 'utf8'),
    ).toEqual([]);
    expect(run.code).toBe(0);
    expect(run.report['summary']).toMatchObject({
      conformant: true,
      score: 100,
      maturity: 'advanced_software',
    });
    const clauses = run.report['summary'].clauses as { clause: string; passed: number; standing: string }[];
    expect(clauses.map(({ clause }) => clause)).toEqual(
      Array.from({ length: 11 }, (_, index) => `4.${index + 1}`),
    );
    for (const clause of clauses) {
      expect(clause.standing, clause.clause).toBe('passed');
      expect(clause.passed, clause.clause).toBeGreaterThan(0);
    }
  });

  it('says by which versions', () => {
    const { versions } = run.report as { versions: Record<string, unknown> };
    expect(versions).toMatchObject({
      gateway: expect.stringMatching(/^\d/) as string,
      core: ['1'],
      matrix_before: 1,
    });
    expect((versions['matrices'] as number[]).length).toBeGreaterThan(1);
    expect(versions['policies']).not.toEqual([]);
  });

  it('leaves what is not its own as it was', async () => {
    const matrix = await gateway.send('GET', '/v1/authority-matrix');
    expect({ rows: matrix['rows'], tiers: matrix['tiers'] }).toEqual(MATRIX);
    expect(await gateway.send('GET', '/v1/budgets/own_budget')).toMatchObject({
      committed: '0.00',
      available: '1000.00',
    });
    const bought = await gateway.send(
      'POST',
      '/v1/procurement/requests',
      {
        agent_id: 'own_agent',
        policy_id: 'own_policy',
        vendor: 'shop',
        amount: '500.00',
        currency: 'USD',
        intent: 'own',
      },
      agentKey,
    );
    expect(bought).toMatchObject({ status: 'approved' });
    const { data } = await gateway.send('GET', '/v1/procurement/requests?status=approved&limit=200');
    expect((data as { agent_id: string }[]).map(({ agent_id: id }) => id)).toEqual(['own_agent']);
    const agents = (await gateway.send('GET', '/v1/agents?status=active&limit=200'))['data'] as {
      agent_id: string;
    }[];
    expect(agents.map(({ agent_id: id }) => id)).toEqual(['own_agent']);
    const people = (await gateway.send('GET', '/v1/principals?status=active&limit=200'))['data'] as {
      principal_id: string;
    }[];
    expect(people.filter(({ principal_id: id }) => id.startsWith('cf_'))).toEqual([]);
    const { database, logReader } = gateway.running.gateway;
    const report = await verifyDatabase({
      database,
      verifierKey: parseVerifierKey(logReader.verifierKey()),
      fingerprintOf: (subject, terms) => fingerprintOf(actionOfTerms(subject, terms)),
    });
    expect(report.differences).toEqual([]);
  });

  it('writes no key into the evidence', () => {
    const text = packFiles(run.dir)
      .map((path) => readFileSync(join(run.dir, path), 'utf8'))
      .join('\n');
    expect(text).toContain('[redacted]');
    expect(text).not.toContain(OPERATOR_KEY);
    expect(text).not.toMatch(/ck_(agent|op|appr|own|aud)_[A-Za-z0-9]{20,}/);
  });

  it('refuses a folder that has something in it', async () => {
    await expect(runCommand(gateway.url, { out: run.dir })).rejects.toThrow(/is not empty/);
  });
});

describe('the table', () => {
  it.each([80, 120])('fits %d columns', async (columns) => {
    const { reportText } = await import('../../packages/cli/src/conformance/report-text.ts');
    const { cases, report } = await verifyPack(run.dir);
    if (report === null) throw new Error('the pack has a report');
    const broken = cases.map((each) => ({ ...each, verdict: 'failed' as const, reason: 'x'.repeat(300) }));
    for (const shown of [cases, broken]) {
      const text = reportText(report.summary, shown, { columns, coloured: false });
      expect(text).not.toContain('\u001B');
      expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(columns);
      expect(text).toMatch(/4\.11\s+MAY\s+Forecast of budgets/);
    }
  });
});

describe('the evidence', () => {
  it('verifies offline, with the key that was kept', async () => {
    const key = readFileSync(join(run.dir, 'log/key'), 'utf8').trim();
    const digest = run.report['manifest_sha256'] as string;
    expect(await verifyPack(run.dir, { pinnedKey: key, digest })).toMatchObject({ valid: true, faults: [] });
    const said: string[] = [];
    const output = { result: (text: string) => void said.push(text), note: () => undefined };
    expect(await conformanceVerify(run.dir, { key, digest }, output)).toBe(0);
    expect(said.join('\n')).toContain('verified');
  });

  it('is not that of another log, or of another run', async () => {
    const key = readFileSync(join(run.dir, 'log/key'), 'utf8').trim();
    const other = key.replace(/^[^+]+/, 'other.example');
    const { valid, faults } = await verifyPack(run.dir, { pinnedKey: other });
    expect([valid, faults[0]]).toEqual([
      false,
      'log/key is not the key that was kept: the pack is of another log',
    ]);
    expect((await verifyPack(run.dir, { digest: '0'.repeat(64) })).faults.join()).toContain('manifest.json');
  });

  it.each([
    'manifest.json',
    'manifest.sha256',
    'README.txt',
    'report.json',
    'report.txt',
    'cases/8.1-scenario-a.json',
    'cases/8.4-scenario-c.json',
    'cases/8.8-included.json',
    'exchanges/set-up.json',
    'exchanges/ending.json',
    'log/entries.jsonl',
    'log/key',
    'log/checkpoint',
    'log/checkpoint-before',
    'log/consistency.json',
  ])('does not verify with one byte of %s changed, and says so of it', async (path) => {
    const dir = await copyOfPack();
    const bytes = readFileSync(join(dir, path));
    const at = Math.floor(bytes.length / 2);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(join(dir, path), bytes);
    const { valid, faults } = await verifyPack(dir);
    expect(valid).toBe(false);
    expect(faults.join('\n')).toContain(path);
  });

  it('does not verify with any byte of any file changed', async () => {
    const dir = await copyOfPack();
    const paths = packFiles(dir);
    const flip = fc.record({ file: fc.nat(), place: fc.nat(), bit: fc.integer({ min: 0, max: 7 }) });
    await fc.assert(
      fc.asyncProperty(flip, async ({ file, place, bit }) => {
        const path = paths[file % paths.length] ?? '';
        const before = readFileSync(join(dir, path));
        const after = Buffer.from(before);
        const at = place % before.length;
        after[at] = (after[at] ?? 0) ^ (1 << bit);
        writeFileSync(join(dir, path), after);
        const { valid, faults } = await verifyPack(dir);
        writeFileSync(join(dir, path), before);
        expect(valid).toBe(false);
        expect(faults.join('\n')).toContain(path);
      }),
      { numRuns: 40 },
    );
    expect((await verifyPack(dir)).valid).toBe(true);
  }, 120_000);

  it('does not verify with a file more or a file less', async () => {
    const dir = await copyOfPack();
    writeFileSync(join(dir, 'cases/8.1-extra.json'), '{}');
    rmSync(join(dir, 'log/checkpoint-before'));
    const { faults } = await verifyPack(dir);
    expect(faults).toContain('cases/8.1-extra.json is not in the manifest');
    expect(faults).toContain('log/checkpoint-before is missing');
  });

  it.each<[string, string, (text: string) => string, RegExp]>([
    [
      'an answer',
      'cases/8.1-above-every-tier.json',
      (text) => text.replace('"status": "denied"', '"status": "approved"'),
      /says passed, and its evidence says failed|does not have the outcome/,
    ],
    [
      'an expectation',
      'cases/8.1-above-every-tier.json',
      (text) => text.replace('"holds": true', '"holds": false'),
      /whether .* holds is not what it says/,
    ],
    [
      'the amount in the log',
      'log/entries.jsonl',
      (text) => text.replace('"amount":"18400.00"', '"amount":"1840.00"'),
      /leaf \d+ .* is not proved to be in the log/,
    ],
    [
      'an entry that is left out',
      'log/entries.jsonl',
      (text) =>
        text
          .split('\n')
          .filter((line) => !line.includes('"amount":"18400.00"'))
          .join('\n'),
      /preq_\w+ is not in the log/,
    ],
    [
      'the table',
      'report.json',
      (text) => text.replace('"score": 100', '"score": 99.9'),
      /the table does not follow from the cases/,
    ],
    [
      'the text',
      'report.txt',
      (text) => text.replace('100.0 of 100', '99.0 of 100'),
      /report\.txt does not say/,
    ],
  ])('does not verify with %s forged and the manifest made to fit', async (_, path, forge, message) => {
    const dir = await copyOfPack();
    const before = readFileSync(join(dir, path), 'utf8');
    const after = forge(before);
    expect(after).not.toBe(before);
    writeFileSync(join(dir, path), after);
    makeManifestFit(dir);
    const { valid, faults } = await verifyPack(dir);
    expect(valid).toBe(false);
    expect(faults.join('\n')).toMatch(message);
    expect(faults.join('\n')).not.toContain('was changed');
  });

  it('does not verify without one of its cases, though the manifest fits', async () => {
    const dir = await copyOfPack();
    rmSync(join(dir, 'cases/8.4-scenario-c.json'));
    makeManifestFit(dir);
    expect((await verifyPack(dir)).faults).toContain('cases/8.4-scenario-c.json: the case is missing');
  });
});

describe('from a shell', () => {
  it('verifies without a gateway, and says that the key was not pinned', async () => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [
      COMMAND,
      'conformance',
      'verify',
      run.dir,
    ]);
    expect(stdout).toMatch(/verified.* \d+ files/);
    expect(stderr).toContain('not pinned');
  });

  it('puts the matrix back when it is interrupted', async () => {
    const out = join(await newFolder(), 'pack');
    const child = execFile(
      process.execPath,
      [COMMAND, 'conformance', '--url', gateway.url, '--out', out, '--only', '8.1'],
      {
        env: { ...process.env, COUNTERSIGN_OPERATOR_KEY: OPERATOR_KEY },
      },
    );
    let notes = '';
    child.stderr?.on('data', (chunk) => void (notes += String(chunk)));
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    const hasRunRows = async (): Promise<boolean> =>
      ((await gateway.send('GET', '/v1/authority-matrix'))['rows'] as object[]).length > 1;
    for (let attempt = 0; attempt < 600 && !(await hasRunRows()); attempt += 1)
      await new Promise((resolve) => setTimeout(resolve, 50));
    child.kill('SIGINT');
    expect(await ended, notes).toBe(1);
    const matrix = await gateway.send('GET', '/v1/authority-matrix');
    expect({ rows: matrix['rows'], tiers: matrix['tiers'] }).toEqual(MATRIX);
    expect(notes).toContain('The authority matrix is as it was');
    expect(notes).toContain('interrupted');
  }, 120_000);
});

function packFiles(dir: string, under = ''): string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter(
    (path) => path.startsWith(under) && statSync(join(dir, path)).isFile(),
  );
}

async function copyOfPack(): Promise<string> {
  const dir = await newFolder();
  cpSync(run.dir, dir, { recursive: true });
  return dir;
}

/** As a forger would, who has everything but the log's key. */
function makeManifestFit(dir: string): void {
  const sha256 = (content: Buffer | string): string => createHash('sha256').update(content).digest('hex');
  const manifest = JSON.parse(readFileSync(join(dir, 'manifest.json'), 'utf8')) as { format: string };
  const files = packFiles(dir)
    .filter((path) => !path.startsWith('manifest.'))
    .map((path) => {
      const content = readFileSync(join(dir, path));
      return { path, bytes: content.length, sha256: sha256(content) };
    });
  const text = `${JSON.stringify({ ...manifest, files }, null, 2)}\n`;
  writeFileSync(join(dir, 'manifest.json'), text);
  writeFileSync(join(dir, 'manifest.sha256'), `${sha256(text)}  manifest.json\n`);
}
