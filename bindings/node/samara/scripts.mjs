// Script functions: source of a repository, loaded as a module once for each function.

import {createHash} from 'node:crypto';
import {existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, renameSync, statSync, symlinkSync, writeFileSync} from 'node:fs';
import {builtinModules, createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import {basename, dirname, join, resolve} from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';
import vm from 'node:vm';

const packageFolder = dirname(fileURLToPath(import.meta.url));
const loadedMax = 1024;

// Words of V8 for source that is a module and no CommonJS.
const moduleWords =
  /import statement outside a module|Unexpected token 'export'|Cannot use 'import\.meta'|await is only valid|Unexpected reserved word/;

/** 'mjs' or 'cjs'. */
function kindOf(path, source) {
  if (/\.[mc][jt]s$/.test(path)) return path.at(-3) === 'm' ? 'mjs' : 'cjs';
  try {
    vm.compileFunction(source, ['exports', 'require', 'module', '__filename', '__dirname']);
    return 'cjs';
  } catch (error) {
    return moduleWords.test(error.message) ? 'mjs' : 'cjs';
  }
}

/** Loads scripts from a folder in which their imports are found. */
export class Scripts {
  #folder;
  #loaded = new Map();
  /** Paths of files that hold scripts: what people know them as. */
  names = new Map();

  constructor(folder) {
    this.#folder = folder;
  }

  // The folder, with this package to be imported as 'samara'.
  #place() {
    const link = (folder) => {
      mkdirSync(join(folder, 'node_modules'), {recursive: true});
      const at = join(folder, 'node_modules', 'samara');
      if (!existsSync(at)) {
        const made = `${at}.${process.pid}`;
        symlinkSync(packageFolder, made);
        renameSync(made, at);
      }
      return realpathSync(folder);
    };
    try {
      return link(this.#folder);
    } catch {
      return link((this.#folder = mkdtempSync(join(tmpdir(), 'samara-scripts-'))));
    }
  }

  /** The function; a promise the first time. */
  load(id, script) {
    let found = this.#loaded.get(id);
    if (found === undefined) {
      found = this.#load(id, script());
      if (this.#loaded.size >= loadedMax) this.#loaded.delete(this.#loaded.keys().next().value);
      this.#loaded.set(id, found);
      found.then(
        (fn) => this.#loaded.set(id, fn),
        () => this.#loaded.delete(id),
      );
    }
    return found;
  }

  async #load(id, {source, entry, path}) {
    const known = path || `${entry}.js`;
    const kind = kindOf(known, source);
    const file = join(this.#place(), `${id}.${kind}`);
    if (!existsSync(file)) {
      const made = `${file}.${process.pid}`;
      writeFileSync(made, source);
      renameSync(made, file);
    }
    this.names.set(file, known);
    const module =
      kind === 'mjs'
        ? await import(pathToFileURL(file).href)
        : createRequire(file)(file);
    let found = module?.[entry];
    if (found === undefined && kind === 'cjs' && typeof module === 'function') {
      if (entry === 'default' || entry === module.name) found = module;
    }
    if (found === undefined && module?.default != null) {
      if (module.default[entry] !== undefined) found = module.default[entry];
      else if (module.default.name === entry) found = module.default;
    }
    if (typeof found !== 'function') {
      const names = Object.keys(module ?? {}).filter((name) => typeof module[name] === 'function');
      throw new TypeError(
        `'${known}' exports no function '${entry}'` +
          (names.length > 0 ? `, but ${names.join(', ')}` : ''),
      );
    }
    return found;
  }
}

// --- what stands for a module that offers functions

const imports =
  /(?:\bimport\s*(?:[\w*{}\s,$]+\s*from\s*)?|\bexport\s*[\w*{}\s,$]+\s*from\s*|\bimport\s*\(\s*|\brequire\s*\(\s*)(['"])([^'"\n]+)\1/g;

function isFile(path) {
  return statSync(path, {throwIfNoEntry: false})?.isFile() ?? false;
}

function packageVersion(from, specifier) {
  const parts = specifier.split('/');
  const name = parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
  for (let folder = dirname(from); ; folder = dirname(folder)) {
    const file = join(folder, 'node_modules', name, 'package.json');
    if (isFile(file)) return `${name}@${JSON.parse(readFileSync(file, 'utf8')).version}`;
    if (dirname(folder) === folder) return name;
  }
}

/** A digest of the source of a module and of the modules beside it, and of the versions of others. */
export function digestOf(file) {
  const hash = createHash('sha256');
  const seen = new Set();
  const visit = (path) => {
    if (seen.has(path)) return;
    seen.add(path);
    const source = readFileSync(path, 'utf8');
    hash.update(`${basename(path)}\0${source.length}\0${source}`);
    for (const [, , specifier] of source.matchAll(imports)) {
      if (specifier.startsWith('node:') || builtinModules.includes(specifier)) continue;
      if (specifier === 'samara') continue;
      if (!/^[./]/.test(specifier)) {
        hash.update(packageVersion(path, specifier) + '\0');
        continue;
      }
      const base = resolve(dirname(path), specifier);
      const found = ['', '.mjs', '.js', '.cjs', '.json', '/index.js']
        .map((end) => base + end)
        .find(isFile);
      if (found !== undefined) visit(found);
    }
  };
  visit(resolve(file));
  return hash.digest('hex');
}
