// East functions that are built in JavaScript are those that East source makes.

import assert from 'node:assert/strict';
import {test} from 'node:test';

import {failure, repository, samara} from './support.mjs';

const {east} = samara;

/** Adds both and compares their ids. */
function same(built, source) {
  const repo = repository();
  const written = repo.add(source);
  const name = built.eastName;
  const made = repo.add(built);
  assert.equal(made[name], written[name], built.sourceText());
  return repo;
}

test('expressions, methods and callbacks', () => {
  const mean = east.fn('mean', {xs: 'Array<Float>'}, 'Float', ({xs}) => {
    east.if(xs.size().eq(0n), () => east.throw('no numbers'));
    return xs.fold(0, (sum, x) => sum.add(x)).div(xs.size().toFloat());
  });
  const repo = same(
    mean,
    `fn mean(xs: Array<Float>) -> Float {
  if xs.size() == 0 { throw "no numbers" }
  xs.fold(0.0, (sum, x) -> sum + x) / xs.size().to_float()
}
`,
  );
  assert.equal(repo.run('mean', [1, 2, 6]), 3);
});

test('variables, loops and branches', async () => {
  const collatz = east.fn('collatz', {n: 'Integer'}, 'Integer', ({n}) => {
    const at = east.var(n);
    const steps = east.var(0n);
    east.while(at.ne(1n), () => {
      east.if(at.rem(2n).eq(0n), () => east.set(at, at.div(2n)), () => east.set(at, at.mul(3n).add(1n)));
      east.set(steps, steps.add(1n));
    });
    return steps;
  });
  const repo = same(
    collatz,
    `fn collatz(n: Integer) -> Integer {
  var at = n
  var steps = 0
  while at != 1 {
    if at % 2 == 0 { at = at / 2 } else { at = at * 3 + 1 }
    steps += 1
  }
  steps
}
`,
  );
  assert.equal(repo.run('collatz', 27), 111n);
});

test('structs, variants, dictionaries and texts', () => {
  const Row = samara.StructType({name: 'String', price: 'Option<Float>'});
  const total = east.fn('total', {rows: samara.ArrayType(Row)}, 'Dict<String, Float>', ({rows}) => {
    const out = east.let(new Map(), 'Dict<String, Float>');
    east.for(rows, (row) => {
      const price = east.match(row.price, {some: (x) => x, none: () => 0});
      east.do(out.merge(east.text`<${row.name}>`, price, (before, now) => before.add(now)));
    });
    return out;
  });
  const repo = same(
    total,
    `fn total(rows: Array<(name: String, price: Option<Float>)>) -> Dict<String, Float> {
  let out: Dict<String, Float> = {:}
  for row in rows {
    out.merge("<\\(row.name)>", match row.price { .some x -> x; .none -> 0.0 }, (before, now) -> before + now)
  }
  out
}
`,
  );
  const rows = [{name: 'tea', price: 2}, {name: 'cake'}, {name: 'tea', price: 0.5}];
  assert.deepStrictEqual(repo.run('total', rows), new Map([['<cake>', 0], ['<tea>', 2.5]]));
});

test('functions use each other, themselves and platform functions', async () => {
  const scale = east.platform('scale', {x: 'Float'}, 'Float', {effect: 'pure'});
  const twice = east.fn('twice', {x: 'Float'}, 'Float', ({x}) => scale(x).mul(2));
  const fact = east.fn('fact', {n: 'Integer'}, 'Integer', ({n}, self) =>
    east.when(n.le(1n), () => 1n, () => n.mul(self(n.sub(1n)))));
  const all = east.fn('all', {xs: 'Array<Float>'}, 'Array<Float>', ({xs}) => xs.map((x) => twice(x)));
  same(
    fact,
    `fn fact(n: Integer) -> Integer {
  if n <= 1 { 1 } else { n * fact(n - 1) }
}
`,
  );
  const repo = same(
    all,
    `platform pure fn scale(x: Float) -> Float
fn twice(x: Float) -> Float {
  scale(x) * 2.0
}
fn all(xs: Array<Float>) -> Array<Float> {
  xs.map(x -> twice(x))
}
`,
  );
  assert.deepStrictEqual(Object.keys(repo.functions()).sort(), ['all', 'twice']);
  const other = repository();
  other.platform('scale', ['Float'], 'Float', {effect: 'pure', version: '1'}, (x) => x * 10);
  other.add(all);
  assert.deepStrictEqual(other.run('all', [1, 2]), new Float64Array([20, 40]));
});

test('values of JavaScript are literals', () => {
  const many = east.fn('many', {}, '(a: Float, b: Integer, c: String, d: DateTime, e: Blob, f: Set<Integer>)', () => ({
    a: -1.5e300, b: -3n, c: 'a "\\(x)" \n', d: new Date(0), e: new Uint8Array([1, 255]), f: new Set([1n]),
  }));
  const repo = repository();
  repo.add(many);
  assert.deepStrictEqual(repo.run('many'), {
    a: -1.5e300, b: -3n, c: 'a "\\(x)" \n', d: new Date(0), e: new Uint8Array([1, 255]), f: new Set([1n]),
  });
});

test('what is wrong is told with its line of JavaScript', async () => {
  const repo = repository();
  const bad = east.fn('bad', {n: 'Integer'}, 'Integer', ({n}) => {
    const text = east.let('a');
    return n.add(text);
  });
  const error = await failure(() => repo.add(bad));
  assert.match(error.message, /east_test\.mjs:\d+/);
  assert.throws(() => east.let(1), /body of a function/);
  assert.throws(
    () => east.fn('f', {n: 'Integer'}, 'Integer', ({n}) => (n > 1 ? 1n : 2n)),
    /east_test\.mjs:\d+: an East expression has no value in JavaScript/,
  );
});
