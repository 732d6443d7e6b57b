// A page about the stations: what was measured, what comes, and how sure one may be.
import * as samara from 'samara';

const station = '(name: String, seed: Integer, megawatts: Float)';
const fit = '(method: String, error: Float, per_degree: Float, forecast: Array<Float>)';
const section = `(station: ${station}, recent: Array<Float>, fit: ${fit})`;

const escaped = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.codePointAt(0)};`);
const rounded = (x, digits = 1) => x.toFixed(digits);

function drawing({recent, fit: {forecast}}) {
  const all = [...recent, ...forecast];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const x = (i) => rounded((i * 640) / (all.length - 1));
  const y = (v) => rounded(110 - (100 * (v - low)) / (high - low || 1));
  // Arrays of Float are Float64Arrays, whose map() would make numbers.
  const line = (values, from) =>
    Array.from(values, (v, i) => `${x(from + i)},${y(v)}`).join(' ');
  const last = recent.length - 1;
  return `<svg viewBox="0 0 640 120" role="img" aria-label="load of the last days and forecast">
<polyline points="${line(recent, 0)}" fill="none" stroke="#345" stroke-width="1.5"/>
<polyline points="${line([recent[last], ...forecast], last)}" fill="none" stroke="#c50"
 stroke-width="1.5" stroke-dasharray="4 3"/>
</svg>`;
}

function chapter(part) {
  const {station: {name}, fit: {method, error, per_degree: perDegree, forecast}} = part;
  const peak = forecast.indexOf(Math.max(...forecast));
  return `<h2>${escaped(name)}</h2>
${drawing(part)}
<p>Peak of the next ${forecast.length} hours: <b>${rounded(forecast[peak])} MW</b> in ${peak + 1} hours.
A degree less takes ${rounded(perDegree, 2)} MW more. Mean error ${rounded(100 * error)} %,
by ${escaped(method)}.</p>`;
}

samara.platform('report', ['String', `Array<${section}>`], 'String', {effect: 'pure'},
  (title, sections) => `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>${escaped(title)}</title>
<style>body { font-family: sans-serif; max-width: 42em; margin: 2em auto; color: #222 }</style>
<h1>${escaped(title)}</h1>
${sections.map(chapter).join('\n')}
</html>
`);
