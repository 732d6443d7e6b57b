// Functions for Samara in AssemblyScript.
//   npm ci && npm run build
//   samara run statistics.wasm:gcd 12 18
//   samara run statistics.wasm:mean '[1.0, 2.0, 6.0]' (with the type that `samara fn add` is given)

import { fail, Reader, Writer } from "./samara";

export { samara_alloc } from "./samara";

/** Numbers pass as they are: (Integer, Integer) -> Integer. */
export function gcd(a: i64, b: i64): i64 {
  while (b != 0) {
    const rest = a % b;
    a = b;
    b = rest;
  }
  return a < 0 ? -a : a;
}

/** (Array<Float>) -> Float. */
export function mean(from: usize, length: usize): u64 {
  const input = new Reader(from, length);
  const count = input.count();
  if (count == 0) fail("no samples");
  let sum: f64 = 0;
  for (let i: u64 = 0; i < count; i++) sum += input.float();
  const output = new Writer();
  output.float(sum / <f64>count);
  return output.end();
}

/** (String) -> Dict<String, Integer>: how often each word stands in a text. */
export function words(from: usize, length: usize): u64 {
  const counts = new Map<string, i64>();
  const all = new Reader(from, length).text().split(" ");
  for (let i = 0; i < all.length; i++) {
    const word = all[i];
    if (word.length > 0) counts.set(word, (counts.has(word) ? counts.get(word) : 0) + 1);
  }
  const keys = counts.keys().sort();
  const output = new Writer();
  output.count(keys.length);
  for (let i = 0; i < keys.length; i++) {
    output.text(keys[i]);
    output.integer(counts.get(keys[i]));
  }
  return output.end();
}
