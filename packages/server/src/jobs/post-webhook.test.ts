import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';

import { postWebhook, type WebhookPost } from './post-webhook.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function listen(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

function post(url: string, options: Partial<WebhookPost> = {}) {
  const signal = new AbortController().signal;
  return postWebhook({
    url,
    headers: {},
    body: '{}',
    timeoutMs: 5_000,
    allowPrivate: false,
    signal,
    ...options,
  });
}

function resolvingTo(...addresses: string[]): NonNullable<WebhookPost['resolve']> {
  const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  return ((_name: string, _options: object, callback: (error: null, addresses: object[]) => void) => {
    callback(null, found);
  }) as unknown as NonNullable<WebhookPost['resolve']>;
}

describe('a webhook post', () => {
  it.each([
    'https://127.0.0.1/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://10.1.2.3/',
    'https://169.254.169.254/latest/meta-data',
    'https://0x7f.1/',
    'https://[fd00::1]/',
  ])('does not go to the private address %s', async (url) => {
    expect(await post(url)).toEqual({ error: 'private_address' });
  });

  it.each([[['127.0.0.1']], [['10.0.0.7', '93.184.216.34']], [['fe80::1']], [['::ffff:192.168.0.1']]])(
    'does not go to a name that resolves to %j in the moment of connecting',
    async (addresses) => {
      const outcome = await post('https://hooks.example.com/', { resolve: resolvingTo(...addresses) });
      expect(outcome).toEqual({ error: 'private_address' });
    },
  );

  it('uses the address that was judged, not another lookup', async () => {
    // A public documentation-free address nobody answers on: the connection is tried there and nowhere else.
    const outcome = await post('https://hooks.example.com:1/', {
      resolve: resolvingTo('192.88.99.1'),
      timeoutMs: 300,
    });
    expect(outcome).toHaveProperty('error');
    expect(outcome).not.toEqual({ error: 'private_address' });
  });

  it('goes to loopback over http only where that is allowed', async () => {
    const port = await listen((_request, response) => response.writeHead(204).end());
    expect(await post(`http://127.0.0.1:${port}/`)).toEqual({ error: 'url_not_https' });
    expect(await post(`http://127.0.0.1:${port}/`, { allowPrivate: true })).toEqual({ statusCode: 204 });
    expect(await post(`http://localhost:${port}/`, { allowPrivate: true })).toEqual({ statusCode: 204 });
  });

  it('follows no redirect', async () => {
    let hits = 0;
    const target = await listen((_request, response) => {
      hits += 1;
      response.end();
    });
    const port = await listen((_request, response) =>
      response.writeHead(302, { location: `http://127.0.0.1:${target}/` }).end(),
    );
    expect(await post(`http://127.0.0.1:${port}/`, { allowPrivate: true })).toEqual({ statusCode: 302 });
    expect(hits).toBe(0);
  });

  it('gives up on a receiver that is slow, refuses, or hangs up', async () => {
    const silent = await listen(() => undefined);
    expect(await post(`http://127.0.0.1:${silent}/`, { allowPrivate: true, timeoutMs: 50 })).toEqual({
      error: 'timeout',
    });
    const rude = await listen((request) => request.socket.destroy());
    expect(await post(`http://127.0.0.1:${rude}/`, { allowPrivate: true })).toEqual({ error: 'ECONNRESET' });
    const gone = servers.pop()!;
    await new Promise((resolve) => gone.close(resolve));
    expect(await post(`http://127.0.0.1:${rude}/`, { allowPrivate: true })).toEqual({
      error: 'ECONNREFUSED',
    });
  });

  it('does not read a body without end', async () => {
    const port = await listen((_request, response) => {
      response.writeHead(200);
      const flood = (): void => {
        while (response.write('x'.repeat(65_536)));
        response.once('drain', flood);
      };
      flood();
    });
    expect(await post(`http://127.0.0.1:${port}/`, { allowPrivate: true })).toEqual({ statusCode: 200 });
  });

  it('ends when the server stops', async () => {
    const port = await listen(() => undefined);
    const stopping = new AbortController();
    const outcome = post(`http://127.0.0.1:${port}/`, { allowPrivate: true, signal: stopping.signal });
    stopping.abort();
    expect(await outcome).toEqual({ error: 'stopped' });
  });
});
