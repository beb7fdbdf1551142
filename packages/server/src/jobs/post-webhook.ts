// jobs/post-webhook.ts: one HTTP POST to a receiver we do not trust: bounded in time, no redirects, no body read.
// A host name is resolved and judged in the very step that connects, so a name that changes its address in between
// (DNS rebinding) gains nothing.
import { lookup as resolve } from 'node:dns';
import type { LookupAddress } from 'node:dns';
import * as http from 'node:http';
import * as https from 'node:https';
import { type LookupFunction, isIP } from 'node:net';

import { isPrivateAddress } from '../admin/webhook-url.ts';

export interface WebhookPost {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMs: number;
  /** COUNTERSIGN_ALLOW_PRIVATE_WEBHOOKS: admits http, loopback and private addresses. */
  readonly allowPrivate: boolean;
  /** Ends the attempt, as when the server stops. */
  readonly signal: AbortSignal;
  /** Default: the system's resolver. */
  readonly resolve?: typeof resolve;
}

/** `error`: a short code, never anything the receiver sent. */
export type WebhookOutcome = { readonly statusCode: number } | { readonly error: string };

class RefusedAddressError extends Error {
  readonly code = 'private_address';
}

/** Never rejects. */
export async function postWebhook(post: WebhookPost): Promise<WebhookOutcome> {
  const url = new URL(post.url);
  const isSecure = url.protocol === 'https:';
  if (!isSecure && !(post.allowPrivate && url.protocol === 'http:')) return { error: 'url_not_https' };
  const address = url.hostname.replace(/^\[|\]$/g, '');
  // An address that is written out is connected to without being looked up.
  if (!post.allowPrivate && isIP(address) !== 0 && isPrivateAddress(address))
    return { error: 'private_address' };
  const { request } = isSecure ? https : http;
  return new Promise((settle) => {
    // A controller of its own: signals derived from the server's long-lived one would pile up.
    const ending = new AbortController();
    const end = (outcome: WebhookOutcome): void => {
      clearTimeout(timer);
      post.signal.removeEventListener('abort', stop);
      settle(outcome);
    };
    const sent = request(
      url,
      {
        method: 'POST',
        headers: { ...post.headers, 'content-length': String(Buffer.byteLength(post.body)) },
        agent: false, // a kept connection may be dead, and would not be judged again
        signal: ending.signal,
        ...(post.allowPrivate ? {} : { lookup: publicLookup(post.resolve ?? resolve) }),
      },
      (response) => {
        end({ statusCode: response.statusCode ?? 0 });
        response.destroy(); // whatever it says, it is not kept
      },
    );
    const abortWith = (error: string) => (): void => {
      end({ error });
      ending.abort();
    };
    const stop = abortWith('stopped');
    const timer = setTimeout(abortWith('timeout'), post.timeoutMs);
    post.signal.addEventListener('abort', stop, { once: true });
    sent.on('error', (error) => end({ error: codeOf(error) }));
    if (post.signal.aborted) stop();
    else sent.end(post.body);
  });
}

/** Resolves a name to public addresses only. One private address among them refuses the name. */
function publicLookup(resolveName: typeof resolve): LookupFunction {
  return (hostname, options, callback) => {
    resolveName(hostname, { ...options, all: true }, (error, found) => {
      const addresses: LookupAddress[] = found;
      if (error !== null) {
        callback(error, []);
        return;
      }
      const [first] = addresses;
      if (first === undefined || addresses.some(({ address }) => isPrivateAddress(address))) {
        callback(new RefusedAddressError(`\`${hostname}\` is a private address`), []);
        return;
      }
      if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

function codeOf(error: Error): string {
  const code: unknown = Reflect.get(error, 'code');
  return typeof code === 'string' ? code : error.name;
}
