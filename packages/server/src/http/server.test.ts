import Fastify from 'fastify';
import { describe, expect, it } from 'vitest';

import { refuseUndeclaredRoutes } from './server.ts';

describe('a route', () => {
  it('that does not say who may call it stops the start', () => {
    const app = Fastify();
    refuseUndeclaredRoutes(app);
    expect(() => app.get('/open', () => 'x')).toThrow('GET /open does not say who may call it');
    expect(() => app.get('/nobody', { config: { allow: [] } }, () => 'x')).toThrow('does not say');
    expect(() => app.get('/said', { config: { allow: ['auditor'] } }, () => 'x')).not.toThrow();
  });
});
