// The suites S and T-N in json-rules-engine; R4s needs a computed fact. Prints the counts as JSON.
// usage: node json_rules_engine.mjs EVENTS s|N
import { lines, load, thresholds } from './lib.mjs';

const { Engine } = load('json-rules-engine');
const [events, suite] = process.argv.slice(2);

const condition = (fact, operator, value) => ({ fact, operator, value });
const rule = (type, ...all) => ({ conditions: { all }, event: { type } });

async function score(_, almanac) {
  const value = (name) => almanac.factValue(name);
  const type = await value('type');
  return (type === 'quote_started' || type === 'credit_application' ? 30 : 0)
    + Math.floor(Math.min(await value('vehicle_price'), 80000) / 2000) + ((await value('device')) === 'mobile' ? 10 : 0)
    + ((await value('trade_in')) ? 8 : 0) + Math.floor(Math.min(await value('dwell_s'), 300) / 15);
}

const engine = new Engine();
if (suite === 's') {
  engine.addFact('score', score);
  engine.addRule(rule('r1', condition('vehicle_price', 'greaterThan', 70000), condition('device', 'equal', 'mobile')));
  engine.addRule(rule('r4s', condition('score', 'greaterThan', 75)));
} else {
  for (const { price, dwell, device } of thresholds(Number(suite))) {
    engine.addRule(rule('t', condition('vehicle_price', 'greaterThan', price), condition('dwell_s', 'greaterThan', dwell),
      condition('device', 'equal', device)));
  }
}

const counts = {};
for (const line of lines(events)) {
  const found = await engine.run(JSON.parse(line));
  for (const { type } of found.events) counts[type] = (counts[type] ?? 0) + 1;
}
console.log(JSON.stringify(counts));
