"""The rows of degree 1 of a trace by SQL: what `checkin-bench trace-peers` measures itself against.

    trace_sql.py duckdb FOLDER --rules Venues/rules/3638-2021.json --prepare
    trace_sql.py duckdb FOLDER --rules … --sums          # how many rows, and two sums of them
    trace_sql.py duckdb FOLDER --rules … --rows rows.csv

FOLDER holds person.i32, venue.i32, enter.i32, leave.i32 (one number a visit), venues.csv (venue, open,
tail) and cases.csv (place, person, first, last). Preparing lays them in a database that is sorted and
indexed for the query; it is not part of what is measured. Rows come in no order.
"""

import argparse
import csv
import json
import os

HERE = os.path.dirname(os.path.abspath(__file__))
P = 2**31 - 1
# Venues of a row that has several are summed as the sum of their numbers.
FIELDS = ["place", "person", "day", "class", "venue_seconds", "tail_seconds", "first", "last"]
COLUMNS = ["person", "venue", "enter", "leave"]


def parameters(path, longest):
    with open(path, encoding="utf-8") as file:
        rules = json.load(file)
    assert rules["tail"]["slope"] == 1, "the query knows no other slope"
    thresholds = rules["threshold_seconds"]
    return {
        "closed": thresholds["closed_venue"], "tail": thresholds["tail"],
        "open": thresholds["open_venue"], "tail_most": rules["tail"]["max_seconds"],
        "longest": longest, "offset": 7 * 3600}


def query(name):
    with open(f"{HERE}/trace_{name}.sql", encoding="utf-8") as file:
        return file.read()


def sums(rows):
    """The number of rows and two sums of polynomials, as checkin adds them up; for small answers."""
    count = squares = products = 0
    for row in rows:
        first = second = 0
        fields = [int(field) for field in row[:8]]
        fields.append(sum(int(venue) for venue in str(row[8]).replace(",", " ").split()))
        for field in fields:
            first = (first * 1_000_003 + field) % P
            second = (second * 998_244_353 + field) % P
        count += 1
        squares += first * first % P
        products += first * second % P
    return count, squares, products


def columns(folder):
    import numpy

    return {name: numpy.fromfile(f"{folder}/{name}.i32", numpy.int32) for name in COLUMNS}


def table(path):
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    return [[int(field) for field in row] for row in rows[1:]]


class DuckDB:
    def __init__(self, folder, threads):
        import duckdb

        self.folder = folder
        self.connection = duckdb.connect(
            f"{folder}/rows.duckdb", config={"threads": threads, "memory_limit": "12GB"})
        self.connection.execute("SET preserve_insertion_order = false")

    def prepare(self):
        import numpy

        data = columns(self.folder)
        self.connection.execute(
            "CREATE TABLE visit AS SELECT * FROM data ORDER BY venue, enter")
        for name in ("venue", "cases"):
            self.connection.execute(
                f"CREATE TABLE {name} AS SELECT * FROM read_csv("
                f"'{self.folder}/{'venues' if name == 'venue' else name}.csv')")
            for column in [row[0] for row in self.connection.execute(f"DESCRIBE {name}").fetchall()]:
                self.connection.execute(f"ALTER TABLE {name} ALTER {column} TYPE INTEGER")
        self.connection.execute("CREATE TABLE setting AS SELECT $1::INTEGER AS longest", [
            int(numpy.max(data["leave"] - data["enter"]))])
        self.connection.execute("CHECKPOINT")

    def text(self, rules):
        longest = self.connection.execute("SELECT longest FROM setting").fetchone()[0]
        text = query("duckdb")
        # COPY takes no parameters.
        for name, value in sorted(parameters(rules, longest).items(), reverse=True):
            text = text.replace(f"${name}", str(value))
        return text

    def rows(self, rules, path):
        self.connection.execute(f"COPY ({self.text(rules)}) TO '{path}' (FORMAT csv, HEADER false)")

    def sums(self, rules):
        # The same sums in SQL, as 40 million rows are too many for Python.
        first = second = "0::BIGINT"
        venues = "list_sum(list_transform(string_split(venues, ' '), lambda v: v::BIGINT))"
        for field in FIELDS + [venues]:
            first = f"(({first}) * 1000003 + {field}) % {P}"
            second = f"(({second}) * 998244353 + {field}) % {P}"
        return self.connection.execute(
            f"SELECT count(*), sum(h * h % {P})::BIGINT, sum(h * k % {P})::BIGINT FROM "
            f"(SELECT ({first})::BIGINT AS h, ({second})::BIGINT AS k FROM ({self.text(rules)}))"
        ).fetchone()


class SQLite:
    def __init__(self, folder, threads):
        import sqlite3

        self.folder = folder
        self.connection = sqlite3.connect(f"{folder}/rows.sqlite", isolation_level=None)
        for setting in ("cache_size=-2000000", "mmap_size=8000000000", "temp_store=MEMORY",
                        f"threads={threads}", "synchronous=OFF", "journal_mode=OFF"):
            self.connection.execute(f"PRAGMA {setting}")

    def prepare(self):
        import numpy

        data = columns(self.folder)
        order = numpy.lexsort((data["enter"], data["venue"]))
        visits = [data[name][order] for name in ("venue", "enter", "person", "leave")]
        longest = int(numpy.max(data["leave"] - data["enter"]))
        execute = self.connection.execute
        execute(
            "CREATE TABLE visit (venue INTEGER, enter INTEGER, number INTEGER, person INTEGER, "
            "leave INTEGER, PRIMARY KEY (venue, enter, number)) WITHOUT ROWID")
        execute("CREATE TABLE venue (venue INTEGER PRIMARY KEY, open INTEGER, tail INTEGER)")
        execute("CREATE TABLE cases (place INTEGER, person INTEGER, first INTEGER, last INTEGER)")
        execute("CREATE TABLE setting AS SELECT ? AS longest", [longest])
        execute("BEGIN")
        for start in range(0, len(order), 1_000_000):
            part = [column[start : start + 1_000_000].tolist() for column in visits]
            self.connection.executemany(
                "INSERT INTO visit VALUES (?, ?, ?, ?, ?)",
                ((venue, enter, start + number, person, leave)
                 for number, (venue, enter, person, leave) in enumerate(zip(*part))))
        self.connection.executemany(
            "INSERT INTO venue VALUES (?, ?, ?)", table(f"{self.folder}/venues.csv"))
        self.connection.executemany(
            "INSERT INTO cases VALUES (?, ?, ?, ?)", table(f"{self.folder}/cases.csv"))
        execute("CREATE INDEX visit_by_person ON visit (person, enter, leave)")
        execute("CREATE INDEX cases_by_person ON cases (person)")
        execute("COMMIT")
        execute("ANALYZE")

    def select(self, rules):
        longest = self.connection.execute("SELECT longest FROM setting").fetchone()[0]
        return self.connection.execute(query("sqlite"), parameters(rules, longest))

    def rows(self, rules, path):
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            cursor = self.select(rules)
            while rows := cursor.fetchmany(100_000):
                writer.writerows(rows)

    def sums(self, rules):
        return sums(self.select(rules))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("engine", choices=["duckdb", "sqlite"])
    parser.add_argument("folder")
    parser.add_argument("--rules", required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--prepare", action="store_true")
    parser.add_argument("--sums", action="store_true")
    parser.add_argument("--rows")
    arguments = parser.parse_args()
    engine = {"duckdb": DuckDB, "sqlite": SQLite}[arguments.engine](
        arguments.folder, arguments.threads)
    if arguments.prepare:
        engine.prepare()
    if arguments.sums:
        print(*engine.sums(arguments.rules))
    if arguments.rows:
        engine.rows(arguments.rules, arguments.rows)


if __name__ == "__main__":
    main()
