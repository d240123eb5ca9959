"""Degrees without pairs in DuckDB: the sweep as window functions, its best case.

usage: degrees_duckdb.py COLUMNS --seeds N --degree K [--threads 2]

COLUMNS holds person.u32, venue.u32, enter.u32, exit.u32 and cases.u32; the first N cases are degree 0.
The rule is the bare one: a visit of somebody infectious counts when it begins at or after the start of
the overlap that exposed them, and two visits must share at least 900 seconds.

Prints one JSON object: {"peer","version","degrees":[F1,…,FK],"wall_s","cpu_s"}. Loading the columns and
sorting them by venue and time is not timed.
"""

import argparse
import json
import time

import duckdb
import numpy

MINIMUM = 900


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("columns")
    parser.add_argument("--seeds", type=int, required=True)
    parser.add_argument("--degree", type=int, required=True)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    connection = duckdb.connect(
        config={"threads": options.threads, "memory_limit": "16GB"})

    def column(name):
        return numpy.fromfile(f"{options.columns}/{name}.u32", numpy.uint32)

    person, venue, enter, leave = (column(n) for n in ("person", "venue", "enter", "exit"))
    # Visits that are too short can neither give nor take: they are left out before the clock starts.
    long = leave - enter >= MINIMUM
    person, venue, enter, leave = (c[long] for c in (person, venue, enter, leave))
    given = {"person": person, "venue": venue, "enter": enter, "leave": leave}
    connection.register("given", given)
    connection.execute(
        "create table visits as select person, venue, enter::integer enter, leave::integer leave "
        "from given order by venue, enter")
    connection.unregister("given")
    seeds = column("cases")[: options.seeds]
    connection.register("given", {"person": seeds})
    connection.execute(
        "create table known as select person, 0::integer since, 0::utinyint degree from given")

    wall, cpu = time.perf_counter(), time.process_time()
    degrees = []
    for degree in range(1, options.degree + 1):
        # One pass over each venue in the order of time. Behind each visit: the latest end among the
        # infectious stays that began no later. Ahead: the first infectious stay that begins later.
        connection.execute(
            f"""
            create table fresh as
            with marked as (
              select v.person, v.venue, v.enter, v.leave, k.degree is null asks,
                case when k.degree = {degree - 1} and v.enter >= k.since then v.leave end until,
                case when k.degree = {degree - 1} and v.enter >= k.since then v.enter end begins
              from visits v left join known k using (person)
            ), swept as (
              select person, enter, leave, asks,
                max(until) over before latest,
                min(begins) over after next
              from marked
              window
                before as (partition by venue order by enter
                  range between unbounded preceding and current row),
                after as (partition by venue order by enter
                  range between 1 following and unbounded following)
            )
            select person,
              min(case when latest >= enter + {MINIMUM} then enter else next end) since,
              {degree}::utinyint degree
            from swept
            where asks and (latest >= enter + {MINIMUM} or next <= leave - {MINIMUM})
            group by person
            """)
        degrees.append(connection.execute("select count(*) from fresh").fetchone()[0])
        connection.execute("insert into known select person, since, degree from fresh")
        connection.execute("drop table fresh")
    print(json.dumps({
        "peer": "duckdb", "version": duckdb.__version__, "degrees": degrees,
        "wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}))


main()
