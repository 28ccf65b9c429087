import { describe, expect, it } from 'vitest';

import { resolvePlain, UnspecifiedClass } from './resolve-scalar.ts';

describe('resolvePlain', () => {
  it.each([
    ['yes', 'boolean', 'true'],
    ['No', 'boolean', 'false'],
    ['ON', 'boolean', 'true'],
    ['oFF', 'boolean', 'false'],
    ['true', 'boolean', 'true'],
    ['False', 'boolean', 'false'],
    ['', 'null', ''],
    ['~', 'null', ''],
    ['NULL', 'null', ''],
    ['y', 'string', 'y'],
    ['n', 'string', 'n'],
    ['truer', 'string', 'truer'],
    ['0', 'integer', '0'],
    ['12', 'integer', '12'],
    ['+12', 'integer', '12'],
    ['-7', 'integer', '-7'],
    ['1_000', 'integer', '1000'],
    ['1,000', 'integer', '1000'],
    ['017', 'integer', '15'],
    ['-017', 'integer', '-15'],
    ['00', 'integer', '0'],
    ['0o17', 'string', '0o17'],
    ['08', 'string', '08'],
    ['0x1F', 'integer', '31'],
    ['0b101', 'integer', '5'],
    ['123456789012345678901234567890', 'integer', '123456789012345678901234567890'],
    ['9'.repeat(65), 'string', '9'.repeat(65)],
    ['1:30', 'integer', '5400'],
    ['12:30:45', 'integer', '45045'],
    ['1:60', 'string', '1:60'],
    ['22:22', 'integer', '80520'],
    ['1:30:00.5', 'float', '5400.5'],
    ['1.10', 'float', '1.1'],
    ['1.', 'float', '1.0'],
    ['.5', 'float', '0.5'],
    ['-0.0', 'float', '-0.0'],
    ['1.5e+3', 'float', '1500.0'],
    ['1.5e3', 'string', '1.5e3'],
    ['1e3', 'string', '1e3'],
    ['10000000000000000.0', 'float', '1.0e+16'],
    ['0.00001', 'float', '1.0e-05'],
    ['.inf', 'float', 'Infinity'],
    ['-.INF', 'float', '-Infinity'],
    ['.nan', 'float', 'NaN'],
    ['.', 'string', '.'],
    ['-', 'string', '-'],
    ['1.2.3', 'string', '1.2.3'],
    ['3.x', 'string', '3.x'],
    [':name', 'string', 'name'],
    [':"a b"', 'string', 'a b'],
    [':', 'string', ':'],
    ['2024-02-30', 'string', '2024-02-30'],
    ['2024-1', 'string', '2024-1'],
    ['2001-12-14t21:59:43.10-05:00', 'time', '2001-12-14t21:59:43.10-05:00'],
    ['2001-12-14 21:59:43', 'time', '2001-12-14 21:59:43'],
  ] as const)('reads %s as the %s %s', (text, type, value) => {
    expect(resolvePlain(text)).toEqual({ type, text: value });
  });

  it.each(['2024-02-29', '2024-1-1'])('refuses the date %s', (text) => {
    expect(() => resolvePlain(text)).toThrow(new UnspecifiedClass('Tried to load unspecified class: Date'));
  });
});
