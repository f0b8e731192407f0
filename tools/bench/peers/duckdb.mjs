// R1-R6 in DuckDB: the whole log at once, in SQL (duckdb.sql).
// usage: node duckdb.mjs EVENTS OUT_PREFIX
import fs from 'node:fs';
import { load } from './lib.mjs';

const { DuckDBInstance } = load('@duckdb/node-api');
const [events, prefix] = process.argv.slice(2);
const sql = fs.readFileSync(new URL('duckdb.sql', import.meta.url), 'utf8')
  .replaceAll('${events}', events).replaceAll('${prefix}', prefix);
const instance = await DuckDBInstance.create(':memory:', { threads: '1', preserve_insertion_order: 'false' });
const connection = await instance.connect();
for (const statement of sql.split(';').map((text) => text.trim()).filter(Boolean)) await connection.run(statement);
