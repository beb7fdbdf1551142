// http/resources/exchange-rates.ts: publishing, importing and reading exchange rates, and the regions of jurisdictions. What is
// sent goes through as it came: its reader checks it.
import { operations } from '@countersign/contract';
import { findRate } from '@countersign/core';
import type { FastifyInstance } from 'fastify';

import { actorOf, changeOptions } from '../change.ts';
import type { HttpContext } from '../context.ts';
import { parsedCurrency } from '../parse-amounts.ts';
import { presentRate } from '../present-rate.ts';
import { ProblemError } from '../problem.ts';
import { serve } from '../route.ts';
import { pageToWire, toWire } from '../wire.ts';

export function registerExchangeRates(
  app: FastifyInstance,
  { admin, configuration, now }: HttpContext,
): void {
  const { exchangeRates, jurisdictions } = admin;
  serve(app, operations.publishExchangeRates, async (call) =>
    toWire(await exchangeRates.publish(actorOf(call.request), call.body, changeOptions(call))),
  );
  serve(app, operations.importExchangeRates, async (call) =>
    toWire(await exchangeRates.importCsv(actorOf(call.request), call.body.csv, changeOptions(call))),
  );
  serve(app, operations.listExchangeRates, async ({ query }) => pageToWire(await exchangeRates.list(query)));
  serve(app, operations.getApplicableRate, async ({ query }) => {
    const { book, settings } = (await configuration.fresh()).exchange;
    const pair = { from: parsedCurrency('from', query.from), to: parsedCurrency('to', query.to) };
    const rate = findRate(book, { ...pair, atMs: now(), supplier: query.supplier ?? null, settings });
    if (rate !== null) return presentRate(rate);
    throw new ProblemError('not_found', `There is no exchange rate from ${pair.from} to ${pair.to}.`);
  });
  serve(app, operations.putJurisdictions, async (call) =>
    toWire(await jurisdictions.publish(actorOf(call.request), call.body.regions, changeOptions(call))),
  );
  serve(app, operations.getJurisdictions, async ({ query }) =>
    toWire(await jurisdictions.get(query.country)),
  );
}
