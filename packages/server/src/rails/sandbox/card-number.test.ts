// card-number.test.ts: sandbox card numbers are valid, stable and unguessable without the key.
import { describe, expect, it } from 'vitest';

import { cardNumberOf, luhnDigit } from './card-number.ts';

const key = Buffer.alloc(32, 7);

describe('cardNumberOf', () => {
  it('gives 16 digits with a valid check digit in the test range, and three of CVC', () => {
    for (let index = 0; index < 500; index += 1) {
      const { pan, cvc } = cardNumberOf(`card_${String(index)}`, key);
      expect(pan).toMatch(/^400000\d{10}$/);
      expect(luhnDigit(pan.slice(0, 15))).toBe(pan.slice(15));
      expect(cvc).toMatch(/^\d{3}$/);
    }
  });

  it('is the same for the same card and key, and another for another key', () => {
    expect(cardNumberOf('card_a', key)).toEqual(cardNumberOf('card_a', key));
    expect(cardNumberOf('card_a', key).pan).not.toBe(cardNumberOf('card_a', Buffer.alloc(32, 8)).pan);
  });

  it('computes the check digit of the standard example', () => {
    expect(luhnDigit('7992739871')).toBe('3');
  });
});
