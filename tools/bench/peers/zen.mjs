// The suites S and T-N in the ZEN engine: S as an expression node, T-N as a decision table that collects all hits, both
// prepared once. Prints the counts as JSON.
// usage: node zen.mjs EVENTS s|N
import { lines, load, thresholds } from './lib.mjs';

const { ZenDecisionContent, ZenEngine } = load('@gorules/zen-engine');
const [events, suite] = process.argv.slice(2);
const BATCH = 256;

function graph(type, content) {
  const node = (id, kind, more = {}) => ({ id, name: id, type: kind, position: { x: 0, y: 0 }, ...more });
  return {
    nodes: [node('in', 'inputNode'), node('rules', type, { content }), node('out', 'outputNode')],
    edges: [{ id: 'a', sourceId: 'in', targetId: 'rules' }, { id: 'b', sourceId: 'rules', targetId: 'out' }]
      .map((edge) => ({ ...edge, type: 'edge' })),
  };
}

const SCORE = '(type in ["quote_started", "credit_application"] ? 30 : 0) + floor(min([vehicle_price, 80000]) / 2000)'
  + ' + (device == "mobile" ? 10 : 0) + (trade_in ? 8 : 0) + floor(min([dwell_s, 300]) / 15) > 75';

function stateless() {
  return graph('expressionNode', {
    expressions: [
      { id: '1', key: 'r1', value: 'vehicle_price > 70000 and device == "mobile"' },
      { id: '2', key: 'r4s', value: SCORE },
    ],
  });
}

function table(count) {
  return graph('decisionTableNode', {
    hitPolicy: 'collect',
    inputs: ['device', 'vehicle_price', 'dwell_s'].map((field) => ({ id: field, name: field, field })),
    outputs: [{ id: 'rule', name: 'rule', field: 'rule' }],
    rules: thresholds(count).map(({ price, dwell, device }, k) => ({
      _id: `t${k}`, device: `"${device}"`, vehicle_price: `> ${price}`, dwell_s: `> ${dwell}`, rule: `${k}`,
    })),
  });
}

const engine = new ZenEngine();
const decision = engine.createDecision(new ZenDecisionContent(suite === 's' ? stateless() : table(Number(suite))));
const counts = suite === 's' ? { r1: 0, r4s: 0 } : { t: 0 };

async function decide(batch) {
  for (const { result } of await Promise.all(batch.map((event) => decision.evaluate(event)))) {
    if (suite === 's') {
      counts.r1 += result.r1;
      counts.r4s += result.r4s;
    } else {
      counts.t += result.length;
    }
  }
}

let batch = [];
for (const line of lines(events)) {
  batch.push(JSON.parse(line));
  if (batch.length < BATCH) continue;
  await decide(batch);
  batch = [];
}
await decide(batch);
console.log(JSON.stringify(counts));
