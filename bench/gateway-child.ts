// bench/gateway-child.ts: the parent's end of gateway-process.ts.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import type { Agents } from './forms/in-process.ts';
import type { RoundResult } from './rounds.ts';
import type { WorldSite } from './world.ts';

export type ChildCommand =
  | {
      readonly kind: 'run';
      readonly agents: Agents;
      readonly callers: number;
      readonly first: number;
      readonly seconds?: number;
      readonly count?: number;
    }
  | { readonly kind: 'memory' }
  | { readonly kind: 'close' };

export type ChildReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly result: RoundResult }
  | { readonly kind: 'memory'; readonly rssBytes: number; readonly heapBytes: number }
  | { readonly kind: 'failed'; readonly message: string };

export interface GatewayChild {
  run(command: Omit<Extract<ChildCommand, { kind: 'run' }>, 'kind'>): Promise<RoundResult>;
  /** After a collection. */
  memory(): Promise<{ readonly rssBytes: number; readonly heapBytes: number }>;
  close(): Promise<void>;
}

const SCRIPT = fileURLToPath(new URL('gateway-process.ts', import.meta.url));

export async function startGatewayChild(
  site: WorldSite,
  options: { readonly nodeOptions?: readonly string[] } = {},
): Promise<GatewayChild> {
  const child = fork(SCRIPT, [JSON.stringify(site)], {
    execArgv: ['--import', 'tsx', '--expose-gc', ...(options.nodeOptions ?? [])],
  });
  await replyOf(child, 'ready');
  const ask = async <Kind extends ChildReply['kind']>(
    command: ChildCommand,
    kind: Kind,
  ): Promise<Extract<ChildReply, { kind: Kind }>> => {
    const reply = replyOf(child, kind);
    child.send(command);
    return reply;
  };
  return {
    run: async (command) => (await ask({ kind: 'run', ...command }, 'done')).result,
    memory: () => ask({ kind: 'memory' }, 'memory'),
    async close() {
      const ended = once(child, 'exit');
      child.send({ kind: 'close' } satisfies ChildCommand);
      await ended;
    },
  };
}

function replyOf<Kind extends ChildReply['kind']>(
  child: ChildProcess,
  kind: Kind,
): Promise<Extract<ChildReply, { kind: Kind }>> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void => reject(new Error(`the child ended with ${String(code)}`));
    child.once('exit', ended);
    child.once('message', (reply: ChildReply) => {
      child.off('exit', ended);
      if (reply.kind === kind)
        resolve(reply as Extract<ChildReply, { kind: Kind }>); // just compared
      else reject(new Error(reply.kind === 'failed' ? reply.message : `the child said \`${reply.kind}\``));
    });
  });
}
