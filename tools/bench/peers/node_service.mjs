// R1-R6 as a plain Node service would do them: one object for each customer in a Map, a queue for each kind of timer.
// usage: node node_service.mjs EVENTS OUT_PREFIX
import fs from 'node:fs';
import { eachLine } from './lib.mjs';

const HOUR = 3_600_000;
const END = 1767571200000 + 7 * 24 * HOUR;
const CAP = 168 * HOUR;
const COOLDOWN = 168 * HOUR;
const VALUE = [0, 10, 40, 60, 30, 50];

const [events, prefix] = process.argv.slice(2);
const customers = new Map();
const candidates = [];
const actions = [];

/** Timers of one length fall due in the order in which they were set. */
class Queue {
  constructor() {
    this.timers = [];
    this.first = 0;
  }
  due() {
    return this.first < this.timers.length ? this.timers[this.first].due : Infinity;
  }
  push(timer) {
    this.timers.push(timer);
  }
  shift() {
    const timer = this.timers[this.first];
    this.timers[this.first++] = undefined;
    if (this.first > 65536) {
      this.timers = this.timers.slice(this.first);
      this.first = 0;
    }
    return timer;
  }
}

const quotes = new Queue();
const errors = new Queue();

function act(customer, rule, time) {
  if (time < customer.lastAction + CAP) return;
  customer.lastAction = time;
  actions.push(`${rule},${customer.id},${time}`);
}

/** Ends all deadlines up to and with `limit`; those of one customer and instant compete. */
function advance(limit) {
  for (;;) {
    const due = Math.min(quotes.due(), errors.due());
    if (due > limit) return;
    const hits = new Map();
    while (quotes.due() === due) {
      const timer = quotes.shift();
      if (timer.customer.quote !== timer) continue;
      timer.customer.quote = null;
      hits.set(timer.customer, 3);
      candidates.push(`3,${timer.customer.id},${due}`);
    }
    while (errors.due() === due) {
      const { customer, generation } = errors.shift();
      if (customer.generation !== generation) continue;
      if (!hits.has(customer)) hits.set(customer, 5);
      candidates.push(`5,${customer.id},${due}`);
    }
    for (const [customer, rule] of hits) act(customer, rule, due);
  }
}

function score(event, isFresh) {
  const isAsking = event.type === 'quote_started' || event.type === 'credit_application';
  return (isAsking ? 30 : 0) + Math.floor(Math.min(event.vehicle_price, 80000) / 2000)
    + (event.device === 'mobile' ? 10 : 0) + (event.trade_in ? 8 : 0)
    + Math.floor(Math.min(event.dwell_s, 300) / 15) + (isFresh ? 12 : 0);
}

function apply(event) {
  const time = event.ts;
  advance(time - 1);
  let customer = customers.get(event.customer_id);
  if (!customer) {
    customer = { id: event.customer_id, previous: -Infinity, looks: [-Infinity, -Infinity], lastLook: -Infinity,
      lastAction: -Infinity, quote: null, generation: 0 };
    customers.set(event.customer_id, customer);
  }
  let best = 0;
  const hit = (rule) => {
    candidates.push(`${rule},${customer.id},${time}`);
    if (VALUE[rule] > VALUE[best]) best = rule;
  };
  if (event.vehicle_price > 70000 && event.device === 'mobile') hit(1);
  if (event.type === 'page_view' && event.page === '/finance') {
    // Three within a day: the one before the last is not a day old.
    if (customer.looks[0] > time - 24 * HOUR && time >= customer.lastLook + COOLDOWN) {
      customer.lastLook = time;
      hit(2);
    }
    customer.looks[0] = customer.looks[1];
    customer.looks[1] = time;
  }
  if (score(event, time - customer.previous >= 6 * HOUR) > 85) hit(4);
  customer.previous = time;
  if (event.type === 'quote_started') {
    customer.quote = { customer, due: time + 36 * HOUR };
    quotes.push(customer.quote);
    customer.generation++;
  } else if (event.type === 'order_placed' || event.type === 'store_visit') {
    customer.quote = null;
  } else if (event.type === 'error_shown') {
    errors.push({ customer, due: time + HOUR / 2, generation: customer.generation });
  }
  if (best) act(customer, best, time);
}

eachLine(events, (line) => apply(JSON.parse(line)));
advance(END);
fs.writeFileSync(`${prefix}.cand.csv`, candidates.map((row) => row + '\n').join(''));
fs.writeFileSync(`${prefix}.act.csv`, actions.map((row) => row + '\n').join(''));
