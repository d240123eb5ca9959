-- The rows of degree 1 of a trace, as SQLite likes them best: see trace_sql.py for the tables.
--
-- visit (venue, enter, number, person, leave), clustered by venue and enter and indexed by person;
-- venue (venue, open, tail); cases (place, person, first, last). Times are seconds from
-- 2020-01-01T00:00:00Z; :offset is what local time is ahead. No Bluetooth, no zones, slope 1.
WITH RECURSIVE
-- Visits of the cases in their windows: [a, b) is the visit, [b, z) the tail after it.
mine AS (
  SELECT c.place, v.venue, t.open, max(v.enter, c.first) AS a, min(v.leave, c.last) AS b,
    min(v.leave, c.last) + CASE WHEN t.tail = 1 AND v.leave <= c.last
      THEN min(v.leave - v.enter, :tail_most) ELSE 0 END AS z
  FROM cases c CROSS JOIN visit v ON v.person = c.person AND v.enter < c.last AND v.leave > c.first
  CROSS JOIN venue t ON t.venue = v.venue
  WHERE max(v.enter, c.first) < min(v.leave, c.last)
),
-- Cut at midnights, so that all that is shared with a part is on its day.
parts (place, venue, open, a, b, z, day, last) AS (
  SELECT place, venue, open, a, b, z, (a + :offset) / 86400, (z - 1 + :offset) / 86400 FROM mine
  UNION ALL
  SELECT place, venue, open, (day + 1) * 86400 - :offset, b, z, day + 1, last
  FROM parts WHERE day < last
),
spans AS MATERIALIZED (
  SELECT place, venue, open, a, b, min(z, (day + 1) * 86400 - :offset) AS z, day FROM parts
),
pieces AS (
  SELECT m.place, o.person, m.day, m.venue, m.open, max(m.a, o.enter) AS s, min(m.z, o.leave) AS e,
    m.b
  FROM spans m CROSS JOIN visit o ON o.venue = m.venue AND o.enter > m.a - :longest
    AND o.enter < m.z AND o.leave > m.a
  WHERE max(m.a, o.enter) < min(m.z, o.leave)
    AND NOT EXISTS (SELECT 1 FROM cases c WHERE c.person = o.person)
),
-- What each piece adds to the union of closed visits, of those with tails, and of all.
steps AS (
  SELECT place, person, day, venue, s, e,
    CASE WHEN open = 0 AND s < b THEN max(0, min(e, b) - max(s, ifnull(
      max(CASE WHEN open = 0 AND s < b THEN min(e, b) END) OVER before, s))) ELSE 0 END AS closed,
    CASE WHEN open = 0 THEN max(0, e - max(s, ifnull(
      max(CASE WHEN open = 0 THEN e END) OVER before, s))) ELSE 0 END AS indoors,
    max(0, e - max(s, ifnull(max(e) OVER before, s))) AS shared
  FROM pieces
  WINDOW before AS (PARTITION BY place, person, day ORDER BY s, e
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
sums AS (
  SELECT place, person, day, sum(closed) AS closed, sum(indoors) AS indoors, sum(shared) AS shared,
    min(s) AS first, max(e) AS last, min(venue) AS least, max(venue) AS most,
    group_concat(DISTINCT venue) AS venues
  FROM steps GROUP BY place, person, day
)
SELECT place, person, day,
  CASE WHEN closed >= :closed THEN 3 WHEN indoors >= :tail THEN 2 WHEN shared >= :open THEN 1
    ELSE 0 END AS class,
  closed + shared - indoors AS venue_seconds, indoors - closed AS tail_seconds, first, last,
  CASE WHEN least = most THEN CAST(least AS TEXT) ELSE venues END AS venues
FROM sums
