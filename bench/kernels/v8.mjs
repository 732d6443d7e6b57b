// A kernel in V8. usage: node v8.mjs MODULE KERNEL ROUNDS REPEATS: as plain.c; the first calls, which
// are not timed, let the optimising compiler come in.
import { readFileSync } from 'node:fs';
const [path, name, rounds, repeats] = process.argv.slice(2);
const { instance } = await WebAssembly.instantiate(readFileSync(path));
const kernel = instance.exports[name];
const result = kernel(1n);
for (let i = 0; i < 3; i++) {
  kernel(BigInt(rounds));
  await new Promise((resolve) => setTimeout(resolve, 100));
}
const cpu_ns = [];
for (let i = 0; i < Number(repeats); i++) {
  const start = process.cpuUsage();
  kernel(BigInt(rounds));
  const used = process.cpuUsage(start);
  cpu_ns.push(1000 * (used.user + used.system));
}
console.log(`{"result": ${result}, "cpu_ns": ${JSON.stringify(cpu_ns)}}`);
