// demo/api.ts: the gateway's HTTP API as any client would call it. Nothing of the demo reaches behind it.
import { CommandFailure } from '../failure.ts';

export interface Answer<Body> {
  readonly status: number;
  readonly body: Body;
}

export interface Api {
  readonly url: string;
  get<Body>(path: string, key: string): Promise<Answer<Body>>;
  /** A text is sent as it is. */
  post<Body>(path: string, key: string, body?: object | string): Promise<Answer<Body>>;
  /** POST that must succeed. */
  create<Body = unknown>(path: string, key: string, body: object): Promise<Body>;
}

export function createApi(url: string): Api {
  const call = async <Body>(
    method: string,
    path: string,
    key: string,
    body?: object | string,
  ): Promise<Answer<Body>> => {
    const response = await fetch(new URL(path, url), {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Body }; // the contract's type, which its tests hold
  };
  return {
    url,
    get: (path, key) => call('GET', path, key),
    post: (path, key, body) => call('POST', path, key, body),
    async create<Body>(path: string, key: string, body: object) {
      const answer = await call<Body>('POST', path, key, body);
      if (answer.status < 300) return answer.body;
      throw new CommandFailure(
        `POST ${path} was answered with ${answer.status}: ${JSON.stringify(answer.body)}`,
      );
    },
  };
}
