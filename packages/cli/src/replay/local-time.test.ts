import { Temporal } from 'temporal-polyfill';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { instantOf, parseInstant, parseLocalDate, parseTimeOfDay } from './local-time.ts';

describe('a local time', () => {
  it('is the instant that the calendar library says, in every zone and season', () => {
    const zone = fc.constantFrom(
      'UTC',
      'America/Toronto',
      'Europe/Berlin',
      'Asia/Kolkata',
      'Australia/Lord_Howe',
      'Pacific/Apia',
    );
    const day = fc.integer({ min: 0, max: 25_000 });
    fc.assert(
      fc.property(zone, day, fc.integer({ min: 0, max: 1439 }), (timeZone, days, minute) => {
        const { year, month, day: dayOfMonth } = Temporal.PlainDate.from('1990-01-01').add({ days });
        const plain = Temporal.PlainDateTime.from({
          year,
          month,
          day: dayOfMonth,
          hour: Math.floor(minute / 60),
          minute: minute % 60,
        });
        const wanted = plain.toZonedDateTime(timeZone, { disambiguation: 'compatible' }).epochMilliseconds;
        expect(instantOf({ year, month, day: dayOfMonth }, minute, timeZone)).toBe(wanted);
      }),
      // The very instant at which the clocks have gone back.
      { numRuns: 400, examples: [['America/Toronto', 20_033, 120]] },
    );
  });

  it.each([
    ['2016-02-29', 'YYYY-MM-DD', { year: 2016, month: 2, day: 29 }],
    ['2015-02-29', 'YYYY-MM-DD', undefined],
    ['03/04/2016', 'DD/MM/YYYY', { year: 2016, month: 4, day: 3 }],
    ['03/04/2016', 'MM/DD/YYYY', { year: 2016, month: 3, day: 4 }],
    ['20160403', 'YYYYMMDD', { year: 2016, month: 4, day: 3 }],
    ['0000-01-01', 'YYYY-MM-DD', undefined],
  ] as const)('%s as %s', (text, format, date) => {
    expect(parseLocalDate(text, format)).toEqual(date);
  });

  it('knows times of day and instants with an offset', () => {
    expect(['09:30', '9:30', '23:59:59', '24:00', 'noon'].map(parseTimeOfDay)).toEqual([
      570,
      570,
      1439,
      undefined,
      undefined,
    ]);
    expect(parseInstant('2016-03-13T12:00:00-04:00')).toBe(Date.UTC(2016, 2, 13, 16));
    expect(parseInstant('2016-03-13T12:00:00')).toBeUndefined();
  });
});
