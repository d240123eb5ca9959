-- The rows of degree 1 of a trace, as DuckDB likes them best: see trace_sql.py for the tables, and
-- trace_sqlite.sql for the same without buckets of time and with more words.
WITH
mine AS (
  SELECT c.place, v.venue, t.open, greatest(v.enter, c.first) AS a, least(v.leave, c.last) AS b,
    least(v.leave, c.last) + CASE WHEN t.tail = 1 AND v.leave <= c.last
      THEN least(v.leave - v.enter, $tail_most) ELSE 0 END AS z
  FROM visit v JOIN cases c ON v.person = c.person JOIN venue t ON t.venue = v.venue
  WHERE greatest(v.enter, c.first) < least(v.leave, c.last)
),
parts AS (
  SELECT *, unnest(range((a + $offset) // 86400, (z - 1 + $offset) // 86400 + 1)) AS day FROM mine
),
spans AS (
  SELECT place, venue, open, b, day::INTEGER AS day,
    greatest(a, day * 86400 - $offset)::INTEGER AS a,
    least(z, (day + 1) * 86400 - $offset)::INTEGER AS z
  FROM parts
),
-- A visit that began at most the longest stay before a span is in one of these buckets.
buckets AS (
  SELECT *, unnest(range((a - $longest) // 14400, (z - 1) // 14400 + 1))::INTEGER AS bucket FROM spans
),
pieces AS MATERIALIZED (
  SELECT m.place, o.person, m.day, m.venue, m.open, greatest(m.a, o.enter) AS s,
    least(m.z, o.leave) AS e, m.b
  FROM buckets m JOIN visit o ON o.venue = m.venue AND o.enter // 14400 = m.bucket
    AND o.enter < m.z AND o.leave > m.a
  WHERE greatest(m.a, o.enter) < least(m.z, o.leave)
    AND o.person NOT IN (SELECT person FROM cases)
),
-- Most people share one piece a day, and windows are for the others.
counted AS MATERIALIZED (
  SELECT place, person, day, count(*) AS count,
    sum(CASE WHEN open = 0 AND s < b THEN least(e, b) - s ELSE 0 END) AS closed,
    sum(CASE WHEN open = 0 THEN e - s ELSE 0 END) AS indoors, sum(e - s) AS shared,
    min(s) AS first, max(e) AS last, min(venue) AS venue
  FROM pieces GROUP BY place, person, day
),
steps AS (
  SELECT place, person, day, venue, s, e,
    CASE WHEN open = 0 AND s < b THEN greatest(0, least(e, b) - greatest(s, coalesce(
      max(CASE WHEN open = 0 AND s < b THEN least(e, b) END) OVER before, s))) ELSE 0 END AS closed,
    CASE WHEN open = 0 THEN greatest(0, e - greatest(s, coalesce(
      max(CASE WHEN open = 0 THEN e END) OVER before, s))) ELSE 0 END AS indoors,
    greatest(0, e - greatest(s, coalesce(max(e) OVER before, s))) AS shared
  FROM pieces SEMI JOIN (SELECT place, person, day FROM counted WHERE count > 1) AS several
    USING (place, person, day)
  WINDOW before AS (PARTITION BY place, person, day ORDER BY s, e
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
sums AS (
  SELECT place, person, day, closed, indoors, shared, first, last, venue::VARCHAR AS venues
  FROM counted WHERE count = 1
  UNION ALL
  SELECT place, person, day, sum(closed), sum(indoors), sum(shared), min(s), max(e),
    string_agg(DISTINCT venue, ' ' ORDER BY venue)
  FROM steps GROUP BY place, person, day
)
SELECT place, person, day,
  CASE WHEN closed >= $closed THEN 3 WHEN indoors >= $tail THEN 2 WHEN shared >= $open THEN 1
    ELSE 0 END AS class,
  closed + shared - indoors AS venue_seconds, indoors - closed AS tail_seconds, first, last, venues
FROM sums
