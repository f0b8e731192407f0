-- R1-R6 of SPEC.md in statements that duckdb.mjs splits at their ends. Times are milliseconds, and a deadline comes after
-- the events of its instant.
CREATE TABLE event AS
SELECT id, ts, customer_id AS customer, type, page, device, vehicle_price AS price, dwell_s AS dwell, trade_in
FROM read_json('${events}', format = 'newline_delimited', columns = {
  id: 'BIGINT', ts: 'BIGINT', customer_id: 'VARCHAR', type: 'VARCHAR', page: 'VARCHAR', device: 'VARCHAR',
  vehicle_price: 'INTEGER', dwell_s: 'INTEGER', trade_in: 'BOOLEAN'});

CREATE TABLE candidate (rule INTEGER, value INTEGER, customer VARCHAR, instant BIGINT, is_deadline BOOLEAN, id BIGINT);

INSERT INTO candidate
SELECT 1, 10, customer, ts, false, id FROM event WHERE price > 70000 AND device = 'mobile';

INSERT INTO candidate
WITH RECURSIVE third AS (
  SELECT customer, ts, id
  FROM event WHERE type = 'page_view' AND page = '/finance'
  QUALIFY lag(ts, 2) OVER (PARTITION BY customer ORDER BY ts, id) > ts - 86400000
), hit AS (
  SELECT customer, min(ts) AS ts, arg_min(id, (ts, id)) AS id FROM third GROUP BY customer
  UNION ALL
  SELECT third.customer, min(third.ts), arg_min(third.id, (third.ts, third.id))
  FROM hit JOIN third ON third.customer = hit.customer AND third.ts >= hit.ts + 604800000
  GROUP BY third.customer
)
SELECT 2, 40, customer, ts, false, id FROM hit;

INSERT INTO candidate
WITH quote AS (
  SELECT customer, type, ts + 129600000 AS due, lead(ts) OVER (PARTITION BY customer ORDER BY ts, id) AS next
  FROM event WHERE type IN ('quote_started', 'order_placed', 'store_visit')
)
SELECT 3, 60, customer, due, true, 0 FROM quote
WHERE type = 'quote_started' AND due <= 1768176000000 AND (next IS NULL OR next > due);

INSERT INTO candidate
WITH scored AS (
  SELECT customer, ts, id,
    CASE WHEN type IN ('quote_started', 'credit_application') THEN 30 ELSE 0 END + least(price, 80000) // 2000
    + CASE WHEN device = 'mobile' THEN 10 ELSE 0 END + CASE WHEN trade_in THEN 8 ELSE 0 END
    + least(dwell, 300) // 15 AS points,
    ts - lag(ts) OVER (PARTITION BY customer ORDER BY ts, id) AS gap
  FROM event
)
SELECT 4, 30, customer, ts, false, id FROM scored
WHERE points + CASE WHEN gap IS NULL OR gap >= 21600000 THEN 12 ELSE 0 END > 85;

INSERT INTO candidate
WITH error AS (
  SELECT customer, type, ts + 1800000 AS due,
    min(CASE WHEN type = 'quote_started' THEN ts END) OVER (
      PARTITION BY customer ORDER BY ts, id ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS next
  FROM event WHERE type IN ('quote_started', 'error_shown')
)
SELECT 5, 50, customer, due, true, 0 FROM error
WHERE type = 'error_shown' AND due <= 1768176000000 AND (next IS NULL OR next > due);

-- R6: the best of each event or deadline, of these the first of each instant, of these those that the cap lets through.
CREATE TABLE action AS
WITH RECURSIVE best AS (
  SELECT customer, instant, is_deadline, id, arg_max(rule, value) AS rule
  FROM candidate GROUP BY customer, instant, is_deadline, id
), first AS (
  SELECT customer, instant, arg_min(rule, (is_deadline, id)) AS rule FROM best GROUP BY customer, instant
), sent AS (
  SELECT customer, min(instant) AS instant, arg_min(rule, instant) AS rule FROM first GROUP BY customer
  UNION ALL
  SELECT first.customer, min(first.instant), arg_min(first.rule, first.instant)
  FROM sent JOIN first ON first.customer = sent.customer AND first.instant >= sent.instant + 604800000
  GROUP BY first.customer
)
SELECT rule, customer, instant FROM sent;

COPY (SELECT rule, customer, instant FROM candidate) TO '${prefix}.cand.csv' (FORMAT csv, HEADER false);
COPY action TO '${prefix}.act.csv' (FORMAT csv, HEADER false);
