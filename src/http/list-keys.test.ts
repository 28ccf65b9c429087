import { expect, it } from 'vitest';
import { parseFormText } from './bodies.ts';

it('begins a new element of a list where a key comes again', () => {
  const text =
    'branch=main&actions[][action]=create&actions[][file_path]=a&actions[][content]=x&actions[][action]=delete&actions[][file_path]=b';
  expect(parseFormText(text)).toEqual({
    branch: 'main',
    actions: [
      { action: 'create', file_path: 'a', content: 'x' },
      { action: 'delete', file_path: 'b' },
    ],
  });
});

it('does so for encoded keys, for several lists side by side and for lists inside an element', () => {
  const text = 'a%5B%5D%5Bx%5D=1&b[][y]=2&a%5b%5d%5bx%5d=3&b[][y]=4&b[][z][]=5&b[][z][]=6';
  expect(parseFormText(text)).toEqual({ a: [{ x: '1' }, { x: '3' }], b: [{ y: '2' }, { y: '4', z: ['5', '6'] }] });
});

it('leaves all other texts as they are', () => {
  expect(parseFormText('tag_list[]=a&tag_list[]=b&v[key]=1&c=%zz&d&e=x[][y]%26')).toEqual({
    tag_list: ['a', 'b'],
    v: { key: '1' },
    c: '%zz',
    d: '',
    e: 'x[][y]&',
  });
});
