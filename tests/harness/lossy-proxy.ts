// Stands between a client and PostgreSQL and loses the connection at the worst moment: around a COMMIT.

import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClientConfig } from 'pg';

/** `request`: PostgreSQL never sees the COMMIT. `answer`: it does, and the client never hears of it. */
export type LoseOnCommit = 'nothing' | 'request' | 'answer';

export interface LossyProxy {
  readonly connection: ClientConfig & { host: string; port: number };
  /** Applies to the next COMMIT alone. */
  loseNext(what: LoseOnCommit): void;
  /** How many COMMITs have been lost. */
  losses(): number;
  /** Refuses new connections until it is called again with false. */
  refuse(isRefusing: boolean): void;
  close(): Promise<void>;
}

const PORT = 5432;
/** The command tag of a COMMIT that was one. */
const COMMITTED = 'COMMIT\0';

export async function startLossyProxy(
  target: ClientConfig & { host: string; port: number },
): Promise<LossyProxy> {
  const directory = await mkdtemp(join(tmpdir(), 'countersign-proxy-'));
  const sockets = new Set<Socket>();
  let lose: LoseOnCommit = 'nothing';
  let isRefusing = false;
  let losses = 0;

  const server = createServer((client) => {
    if (isRefusing) return void client.destroy();
    const upstream = connect(`${target.host}/.s.PGSQL.${target.port}`);
    let isDeaf = false;
    let heard: Buffer = Buffer.alloc(0);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket));
    }
    client.on('data', (chunk) => {
      // The text of the statement, or the name that the gate's writer has prepared it under.
      const isCommit = lose !== 'nothing' && (chunk.includes('COMMIT\0') || chunk.includes('\0commit\0'));
      if (isCommit) losses += 1;
      if (isCommit && lose === 'request') {
        lose = 'nothing';
        client.destroy();
        upstream.destroy();
        return;
      }
      if (isCommit) {
        lose = 'nothing';
        isDeaf = true;
      }
      upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      if (!isDeaf) return void client.write(chunk);
      heard = Buffer.concat([heard.subarray(-COMMITTED.length), chunk]);
      if (!heard.includes(COMMITTED)) return; // answers to what was sent before
      client.destroy(); // PostgreSQL has answered, so it has committed
      upstream.destroy();
    });
    client.on('close', () => upstream.end());
    upstream.on('close', () => client.end());
  });
  await new Promise<void>((resolve) => server.listen(join(directory, `.s.PGSQL.${PORT}`), resolve));

  return {
    connection: { ...target, host: directory, port: PORT },
    loseNext(what) {
      lose = what;
    },
    losses: () => losses,
    refuse(value) {
      isRefusing = value;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await rm(directory, { recursive: true });
    },
  };
}
