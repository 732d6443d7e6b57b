// REPOSITORY CASES: the Node member of the programs that call the same functions in every language;
// what they print is in languages_test.py.

import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';

const samara = await import(pathToFileURL(join(process.env.SAMARA_NODE, 'index.mjs')).href);
const hex = (text) => Buffer.from(text, 'utf8').toString('hex');
const [path, cases] = process.argv.slice(2);
const repo = new samara.Repository(path, {memo: false});

function outcome(program, given) {
  let result;
  try {
    const id = repo.add(readFileSync(program), 'f').f;
    result = repo.result(id, ...given.map((file) => samara.stored(repo.putBytes(readFileSync(file)))));
  } catch (error) {
    if (!(error instanceof samara.EastError)) return `refused\t${hex(String(error.message))}`;
    const places = error.locations.map((at) => `${at.file}:${at.line}:${at.column}`).join('\n');
    return `error\t${hex(error.message)}\t${hex(places)}`;
  }
  let again;
  try {
    again = repo.put(result.value, repo.typeOf(result.id));
  } catch (error) {
    again = String(error.message).replaceAll('\n', ' ');
  }
  return `value\t${result.id}\t${again}`;
}

const out = [];
for (const line of readFileSync(cases, 'utf8').split('\n')) {
  if (line === '') continue;
  const [name, program, ...given] = line.trim().split(/\s+/);
  out.push(`${name}\t${outcome(program, given)}\n`);
}
process.stdout.write(out.join(''));
