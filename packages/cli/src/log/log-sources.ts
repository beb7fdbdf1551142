// log/log-sources.ts: where the files of a log are read from: a gateway's URL or an exported folder. Both give the same
// files by the same paths (C2SP tlog-tiles), so one verification fits them.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogReader } from '@countersign/audit';

import { CommandFailure, usageFailure } from '../failure.ts';

export interface RemoteLog {
  readonly read: LogReader;
  /** The key the gateway says it signs with: good against accidents, not against the gateway itself. */
  readonly claimedKey: () => Promise<string>;
}

const ATTEMPTS_MAX = 4;
const TIMEOUT_MS = 30_000;

export function remoteLog(url: string, token: string | undefined): RemoteLog {
  const base = checkedUrl(url);
  const get = (path: string): Promise<Response> => fetchPatiently(new URL(path, base), token);
  return {
    async read(path) {
      const response = await get(`log/${path}`);
      if (response.status === 404) return undefined;
      await refuseUnlessOk(response, path);
      return new Uint8Array(await response.arrayBuffer());
    },
    async claimedKey() {
      const response = await get('v1/log/key');
      await refuseUnlessOk(response, 'v1/log/key');
      return keyOfJson(await response.text());
    },
  };
}

export function folderLog(directory: string): LogReader {
  return async (path) => {
    try {
      return await readFile(join(directory, path));
    } catch (error) {
      if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
        return undefined;
      throw error;
    }
  };
}

function checkedUrl(text: string): URL {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text))
    throw usageFailure(`\`${text}\` is not an http or https address`);
  return new URL(text.endsWith('/') ? text : `${text}/`);
}

/** A gateway that is busy or limits its callers is asked again. */
async function fetchPatiently(url: URL, token: string | undefined): Promise<Response> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  for (let attempt = 1; ; attempt += 1) {
    try {
      const response = await fetch(url, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
      if (attempt === ATTEMPTS_MAX || (response.status !== 429 && response.status !== 503)) return response;
    } catch (error) {
      if (attempt < ATTEMPTS_MAX) {
        await pause(attempt);
        continue;
      }
      throw new CommandFailure(`no answer from ${url.origin}: ${reasonOf(error)}`, 1, { cause: error });
    }
    await pause(attempt);
  }
}

function pause(attempt: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 200 * 2 ** attempt));
}

async function refuseUnlessOk(response: Response, path: string): Promise<void> {
  if (response.ok) return;
  await response.arrayBuffer();
  if (response.status === 401 || response.status === 403) {
    throw new CommandFailure(
      `the gateway does not show \`${path}\` without an auditor's or operator's key: give one with --token, or check the hashes alone with --hashes-only`,
    );
  }
  throw new CommandFailure(`the gateway answered ${response.status} for \`${path}\``);
}

function keyOfJson(text: string): string {
  const answer: unknown = JSON.parse(text);
  const key =
    typeof answer === 'object' && answer !== null && 'verifier_key' in answer ? answer.verifier_key : null;
  if (typeof key !== 'string') throw new CommandFailure('the gateway does not name its key');
  return key;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
