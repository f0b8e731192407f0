// What the peers share: packages from the benchmark's cache, lines of a file, and the suites S and T-N.
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';

/** A package that `tools/bench/run --install-peers` has put into the cache. */
export function load(name) {
  return createRequire(path.join(process.env.LULL_BENCH_PEERS, 'package.json'))(name);
}

/** Calls `each` with every line of a file, read in pieces of 1 MiB. The input is ASCII. */
export function eachLine(file, each) {
  for (const line of lines(file)) each(line);
}

export function* lines(file) {
  const descriptor = fs.openSync(file, 'r');
  const buffer = Buffer.allocUnsafe(1 << 20);
  let rest = '';
  for (let size; (size = fs.readSync(descriptor, buffer, 0, buffer.length, null)) > 0; ) {
    const parts = (rest + buffer.latin1Slice(0, size)).split('\n');
    rest = parts.pop();
    yield* parts;
  }
  if (rest) yield rest;
  fs.closeSync(descriptor);
}

const MASK = (1n << 64n) - 1n;

/** The splitmix64 finaliser of SPEC.md. */
function mix(z) {
  z = (z + 0x9e3779b97f4a7c15n) & MASK;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK;
  return z ^ (z >> 31n);
}

/** The N rules of T-N. */
export function thresholds(count) {
  return Array.from({ length: count }, (_, k) => ({
    price: 40000 + Number(mix(2n * BigInt(k)) % 40000n),
    dwell: 200 + Number(mix(2n * BigInt(k) + 1n) % 400n),
    device: ['mobile', 'desktop', 'tablet'][k % 3],
  }));
}
