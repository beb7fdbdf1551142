// reference-tables.test.ts: tables in the docs that repeat what the code says are the same as the code.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

import { PROBLEMS } from '../../packages/contract/src/index.ts';
import { type VelocitySignal, parsePolicy } from '../../packages/core/src/index.ts';
import { EVENT_TYPES } from '../../packages/server/src/admin/event-types.ts';
import { readSettings } from '../../packages/server/src/settings.ts';
import { readSourceTree } from '../architecture/source-tree.ts';
import { REPOSITORY, blocksOf } from './page-examples.ts';

function text(path: string): string {
  return readFileSync(join(REPOSITORY, path), 'utf8');
}

/** The cells of the rows below a table head that begins with this cell. */
function rowsBelow(markdown: string, firstHead: string): string[][] {
  const lines = markdown.split('\n');
  const head = lines.findIndex((line) => cellsOf(line)[0] === firstHead);
  if (head < 0) throw new Error(`no table begins with ${firstHead}`);
  const end = lines.findIndex((line, index) => index > head && !line.startsWith('|'));
  return lines.slice(head + 2, end < 0 ? undefined : end).map(cellsOf);
}

function cellsOf(line: string): string[] {
  if (!line.startsWith('|')) return [];
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}

const unquoted = (cell: string | undefined): string => (cell ?? '').replaceAll('`', '');

describe('docs/reference/http.md', () => {
  it('lists every problem with its status and title', () => {
    const rows = rowsBelow(text('docs/reference/http.md'), 'code').map(([code, status, title]) => [
      unquoted(code),
      Number(status),
      title,
    ]);
    expect(rows).toEqual(Object.entries(PROBLEMS).map(([code, { status, title }]) => [code, status, title]));
  });
});

describe('docs/reference/events.md', () => {
  it('lists every type of event', () => {
    const listed = rowsBelow(text('docs/reference/events.md'), 'type').map(([type]) => unquoted(type));
    expect(listed.toSorted()).toEqual(EVENT_TYPES.toSorted());
  });
});

const SIGNALS: readonly VelocitySignal[] = ['frequency', 'concentration', 'clustering', 'out_of_hours'];
/** Other kinds have no dot. */
const KIND_OF_ALERT = /kind: ['`]((?:emergency_change)|[a-z_]+\.[a-z_]+|velocity\.\$\{signal\})['`]/g;

describe('docs/concepts/velocity.md', () => {
  it('lists every kind of alert', () => {
    const sources = [...readSourceTree(REPOSITORY)].filter(
      ([path]) => path.startsWith('packages/server/src/') && !path.endsWith('.test.ts'),
    );
    const raised = new Set<string>();
    for (const [, source] of sources) {
      for (const [, kind = ''] of source.matchAll(KIND_OF_ALERT)) raised.add(kind);
      for (const [, kind = ''] of source.matchAll(/'(settlement\.(?!posted)[a-z_]+)'/g)) raised.add(kind);
    }
    expect(raised.delete('velocity.${signal}')).toBe(true);
    for (const signal of SIGNALS) raised.add(`velocity.${signal}`);
    const listed = rowsBelow(text('docs/concepts/velocity.md'), 'kind').map(([kind]) => unquoted(kind));
    expect(listed.toSorted()).toEqual([...raised].toSorted());
  });
});

describe('docs/operating/install-and-configure.md', () => {
  const rows = rowsBelow(text('docs/operating/install-and-configure.md'), 'variable');

  it('lists every variable that is read', () => {
    const read = new Set(
      text('packages/server/src/settings.ts').match(/'(HOST|PORT|DATABASE_URL|COUNTERSIGN_\w+)'/g),
    );
    expect(rows.map(([name]) => unquoted(name)).toSorted()).toEqual(
      [...read].map((name) => name.slice(1, -1)).toSorted(),
    );
  });

  it('gives the real defaults', () => {
    const defaults = new Map(rows.map(([name, value]) => [unquoted(name), unquoted(value)]));
    const settings = readSettings({}, '/srv');
    expect(defaults.get('HOST')).toBe(settings.host);
    expect(defaults.get('PORT')).toBe(String(settings.port));
    expect(join('/srv', defaults.get('COUNTERSIGN_DATA_DIR') ?? '')).toBe(settings.dataDir);
    expect(Number(defaults.get('COUNTERSIGN_APPROVAL_HOURS')) * 3_600_000).toBe(settings.approvalValidForMs);
    expect(Number(defaults.get('COUNTERSIGN_CARD_HOURS')) * 3_600_000).toBe(settings.cardValidForMs);
    expect(defaults.get('COUNTERSIGN_LOG_LEVEL')).toBe(settings.logLevel);
  });
});

describe('examples of documents', () => {
  it('docs/concepts/policies.md has policies that are accepted', () => {
    const policies = blocksOf(text('docs/concepts/policies.md')).filter(
      (block) => block.info === 'json policy',
    );
    expect(policies).not.toHaveLength(0);
    for (const block of policies) expect(parsePolicy(JSON.parse(block.text), 1)).toMatchObject({ ok: true });
  });

  it('docs/operating/webhooks.md verifies what is signed, and nothing else', () => {
    const [example] = blocksOf(text('docs/operating/webhooks.md')).filter(
      (block) => block.info === 'js verify',
    );
    const script = `${example?.text ?? ''}
      const secret = 'whsec_' + Buffer.alloc(24, 7).toString('base64');
      const at = new Date();
      const body = '{"type":"purchase.completed"}';
      const headers = {
        'webhook-id': 'msg_1',
        'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
        'webhook-signature': new Webhook(secret).sign('msg_1', at, body),
      };
      const type = receive(body, headers, secret).type;
      let refused = false;
      try { receive(body + ' ', headers, secret); } catch { refused = true; }
      console.log(JSON.stringify({ type, refused }));`;
    const written = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: join(REPOSITORY, 'packages/server'),
      encoding: 'utf8',
    });
    expect(JSON.parse(written)).toEqual({ type: 'purchase.completed', refused: true });
  });
});
