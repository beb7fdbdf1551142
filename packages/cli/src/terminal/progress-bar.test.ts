import { describe, expect, it } from 'vitest';

import { duration, grouped, money, share } from './numbers.ts';
import { createProgressBar } from './progress-bar.ts';

function bar(isTTY: boolean, columns = 80) {
  const written: string[] = [];
  let nowMs = 0;
  const made = createProgressBar({ isTTY, columns, write: (text) => written.push(text) }, () => nowMs);
  const at = (ms: number, done: number): void => {
    nowMs = ms;
    made.update({ done, total: 1000, rows: done * 10, text: '12 ok' });
  };
  return { written, at, end: () => made.end() };
}

describe('a progress bar', () => {
  it('draws over itself on a terminal, and not more often than can be seen', () => {
    const { written, at, end } = bar(true);
    for (let ms = 1_000; ms < 1_500; ms += 10) at(ms, ms - 750);
    expect(written.length).toBe(5);
    expect(written[0]).toMatch(/^\r.*25 % {2}2,500 rows, 2,500\/s, 3 s left {2}12 ok/u);
    end();
    expect(written.at(-1)).toBe('\r\u001B[2K');
  });

  it('stays within a narrow terminal', () => {
    const { written, at } = bar(true, 40);
    at(1_000, 250);
    expect(written[0]?.replace(/\u001B\[[0-9;]*[A-Za-z]|\r/g, '').length).toBeLessThanOrEqual(40);
  });

  it('writes a line now and then elsewhere', () => {
    const { written, at, end } = bar(false);
    for (let ms = 0; ms <= 11_000; ms += 500) at(ms, 500);
    end();
    expect(written).toHaveLength(2);
    expect(written[0]).toBe('50 %  5,000 rows, 1,000/s, 5 s left  12 ok\n');
  });
});

describe('numbers', () => {
  it('are grouped and have their units', () => {
    expect([grouped(265121), grouped('999'), grouped(-1234567n)]).toEqual(['265,121', '999', '-1,234,567']);
    expect([money(123456789n, 'CAD'), money(500n, 'JPY'), money(-5n, 'USD')]).toEqual([
      '1,234,567.89 CAD',
      '500 JPY',
      '-0.05 USD',
    ]);
    expect([0, 59_400, 185_000, 3_720_000].map(duration)).toEqual([
      '0 s',
      '59 s',
      '3 min 05 s',
      '1 h 02 min',
    ]);
    expect([share(1, 8), share(0, 0)]).toEqual(['12.5 %', '-']);
  });
});
