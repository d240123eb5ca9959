#!/usr/bin/env python3
"""The cross-match of checkin, computed again by other means.

Reads the CSV files that `checkin import` takes (visits, encounters, cases), the category space of
each venue and a rule set, and writes what `checkin trace --json` writes, one JSON object a line.
It shares no code and no data structure with the product: plain dictionaries and bisection, Python's
standard library only. People are named as the files name them.

    trace_oracle.py --rules Venues/rules/3638-2021.json --visits visits.csv --cases cases.csv \
        --venues Venues --degree 2 > rows.jsonl

`--venues` is the registry folder (the space of a venue is its category's) or a CSV file with the
columns venue (or id) and space (closed, open, or aired: closed, without a tail). `--pseudonyms` is a
CSV file of subject and pseudonym (32 hexadecimal digits): without it "the smallest pseudonym" in
ties and the order of rows go by the subjects' own bytes. `--summary` adds up the rows as `trace --summary` does; that needs
the pseudonyms.

Rows have the evidence ids of the files; where a file has no id column, `evidence` cannot be compared
and is left empty for those rows.
"""

import argparse
import bisect
import csv
import datetime
import gzip
import json
import math
import os
import sys
import zoneinfo
from collections import defaultdict

# Strongest first, as the definition lists them.
CLASSES = ["near_at_venue", "near", "closed_venue", "tail", "open_venue"]
NUMBERS = {"brief": 0, "open_venue": 1, "tail": 2, "closed_venue": 3, "near": 4, "near_at_venue": 5}
EPOCH = 1577836800
FOREVER = 1 << 60


def opened(path):
    if path == "-":
        return sys.stdin
    if path.endswith(".gz"):
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return open(path, encoding="utf-8-sig", newline="")


def table(path):
    with opened(path) as file:
        head = file.readline()
        delimiter = max(",;\t", key=head.count)
        names = next(csv.reader([head], delimiter=delimiter))
        for row in csv.reader(file, delimiter=delimiter):
            if row:
                yield dict(zip(names, row))


def moment(text):
    """Unix seconds of an ISO 8601 time with offset."""
    time = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    if time.tzinfo is None:
        raise SystemExit(f"a time without an offset: {text}")
    return int(time.timestamp())


class Calendar:
    """Local days, by asking the zone about every midnight once."""

    def __init__(self, name):
        self.zone = zoneinfo.ZoneInfo(name)
        self.midnights = {}

    def start(self, day):
        """The first second of a day: the first at which the local date is that day."""
        if day not in self.midnights:
            guess = datetime.datetime.combine(day, datetime.time(), self.zone)
            low = int(guess.timestamp()) - 6 * 3600
            high = low + 12 * 3600
            while low < high:
                middle = (low + high) // 2
                if self.day(middle) < day:
                    low = middle + 1
                else:
                    high = middle
            self.midnights[day] = low
        return self.midnights[day]

    def day(self, second):
        return datetime.datetime.fromtimestamp(second, self.zone).date()

    def text(self, second):
        return datetime.datetime.fromtimestamp(second, self.zone).isoformat()


def plus(day, days):
    return day + datetime.timedelta(days=days)


def window(case, rules, calendar):
    rule = rules["infectious_window"]
    start = end = None
    if case["onset"]:
        start = calendar.start(plus(case["onset"], -rule["days_before_onset"]))
        end = calendar.start(plus(case["onset"], rule["days_after"] + 1))
    elif case["specimen"]:
        start = calendar.start(plus(case["specimen"], -rule["days_before_specimen"]))
        end = calendar.start(plus(case["specimen"], rule["days_after"] + 1))
    if case["isolation"] is not None:
        end = case["isolation"]
    if case["from"] is not None:
        start = case["from"]
    if case["to"] is not None:
        end = case["to"]
    return start, end


class History:
    """Visits by venue and by person, encounters by person."""

    def __init__(self, arguments, limit):
        spaces = read_spaces(arguments.venues)
        self.visits = []  # (enter, leave, subject, venue, zone, id)
        rows = defaultdict(list)
        self.of = defaultdict(list)
        for row in table(arguments.visits):
            if not row.get("leave"):
                raise SystemExit("a visit without an end: give visits with both ends")
            visit = (
                moment(row["enter"]), moment(row["leave"]), row["subject"],
                canonical(row["venue"]), int(row.get("zone") or 0), canonical_id(row.get("id")))
            self.of[visit[2]].append(len(self.visits))
            rows[visit[3]].append(len(self.visits))
            self.visits.append(visit)
        self.at = {}
        for venue, numbers in rows.items():
            numbers.sort(key=lambda number: self.visits[number][0])
            # The latest end among a visit and all before it, which never falls: those still there
            # at a moment are found by bisection from both sides.
            latest, reach = [], -FOREVER
            for number in numbers:
                reach = max(reach, self.visits[number][1])
                latest.append(reach)
            self.at[venue] = (numbers, [self.visits[number][0] for number in numbers], latest)
        self.open = {venue for venue in self.at if spaces.get(venue) == "open"}
        self.aired = {venue for venue in self.at if spaces.get(venue) == "aired"}
        self.near = defaultdict(list)
        if arguments.encounters:
            for row in table(arguments.encounters):
                if row.get("attenuation_db"):
                    attenuation = float(row["attenuation_db"])
                else:
                    attenuation = float(row["tx_power_dbm"]) - float(row["rssi_dbm"])
                if attenuation > limit or row["subject"] == row["peer"]:
                    continue
                start, end, proof = moment(row["start"]), moment(row["end"]), canonical_id(row.get("id"))
                self.near[row["subject"]].append((start, end, row["peer"], proof))
                self.near[row["peer"]].append((start, end, row["subject"], proof))

    def overlapping(self, venue, start, end):
        """The numbers of the visits that share a second with [start, end)."""
        numbers, enters, latest = self.at[venue]
        for place in range(bisect.bisect_right(latest, start), bisect.bisect_left(enters, end)):
            visit = self.visits[numbers[place]]
            if visit[1] > start and visit[1] > visit[0]:
                yield numbers[place]


def canonical(venue):
    return venue.replace("-", "").replace(" ", "").upper()


def canonical_id(text):
    if not text:
        return None
    digits = text.replace("-", "").lower()
    return "-".join([digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]])


def read_spaces(path):
    if path is None:
        return {}
    if not os.path.isdir(path):
        return {canonical(row.get("venue") or row["id"]): row["space"] for row in table(path)}
    # A closed space whose category allows no tail is "aired".
    space = {
        row["code"]: "aired" if (row["space"], row.get("tail")) == ("closed", "no") else row["space"]
        for row in table(os.path.join(path, "categories.csv"))}
    spaces = {}
    for folder, _, names in os.walk(os.path.join(path, "venues")):
        for name in names:
            if name.endswith(".csv"):
                for row in table(os.path.join(folder, name)):
                    spaces[canonical(row["id"])] = space[row.get("category") or name[:-4]]
    return spaces


def read_cases(path):
    cases = []
    for row in table(path):
        case = {"id": row["id"], "subject": row["subject"]}
        for name in ("onset", "specimen"):
            case[name] = datetime.date.fromisoformat(row[name]) if row.get(name) else None
        for name in ("isolation", "from", "to"):
            case[name] = moment(row[name]) if row.get(name) else None
        cases.append(case)
    return sorted(cases, key=lambda case: case["id"].encode())


def union(spans):
    """Sorted, disjoint spans that cover the same seconds."""
    merged = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    return merged


def without(spans, taken):
    """The part of disjoint spans that other disjoint spans do not cover."""
    left = []
    for start, end in spans:
        for low, high in taken:
            if high <= start or low >= end:
                continue
            if start < low:
                left.append([start, low])
            start = max(start, high)
        if start < end:
            left.append([start, end])
    return left


class Oracle:
    def __init__(self, arguments):
        with open(arguments.rules, encoding="utf-8") as file:
            self.rules = json.load(file)
        self.calendar = Calendar(arguments.zone)
        self.history = History(arguments, self.rules["max_attenuation_db"])
        self.cases = read_cases(arguments.cases)
        self.pseudonym = {}
        if arguments.pseudonyms:
            for row in table(arguments.pseudonyms):
                self.pseudonym[row["subject"]] = bytes.fromhex(row["pseudonym"])
        self.sameZone = self.rules["same_zone"]
        self.f1 = {name for name in CLASSES if self.rules["label"][name] == "F1"}
        self.degree = {case["subject"]: 0 for case in self.cases}
        self.exposed = {}
        self.caseOf = {}

    def key(self, subject):
        return self.pseudonym[subject] if self.pseudonym else subject.encode()

    def apart(self, one, other):
        return self.sameZone and one and other and one != other

    # Degree 1

    def first_degree(self):
        rows = []
        for case in self.cases:
            for subject, pieces in self.pieces(case).items():
                rows.extend(self.judge(case, subject, pieces))
        for subject in self.exposed:
            self.degree[subject] = 1
        return rows

    def pieces(self, case):
        """By person, the (class, start, end, venue, evidence) that they share with a case."""
        begin, finish = window(case, self.rules, self.calendar)
        found = defaultdict(list)
        visits = self.history.visits
        for number in self.history.of.get(case["subject"], ()):
            enter, leave, _, venue, zone, proof = visits[number]
            start, end = max(enter, begin), min(leave, finish)
            if start >= end:
                continue
            isOpen = venue in self.history.open
            spans = [("open_venue" if isOpen else "closed_venue", start, end)]
            if not isOpen and venue not in self.history.aired and leave <= finish:
                rule = self.rules["tail"]
                length = min(math.floor((leave - enter) * rule["slope"]), rule["max_seconds"])
                spans.append(("tail", leave, leave + length))
            for name, start, end in spans:
                if start >= end:
                    continue
                for other in self.history.overlapping(venue, start, end):
                    theirs = visits[other]
                    if self.degree.get(theirs[2]) == 0 or self.apart(zone, theirs[4]):
                        continue
                    found[theirs[2]].append((
                        name, max(start, theirs[0]), min(end, theirs[1]), venue,
                        (proof, theirs[5])))
        for start, end, peer, proof in self.history.near.get(case["subject"], ()):
            start, end = max(start, begin), min(end, finish)
            if start < end and self.degree.get(peer) != 0:
                found[peer].append(("near", start, end, None, (proof,)))
        return found

    def judge(self, case, subject, pieces):
        rows = []
        first = self.calendar.day(min(piece[1] for piece in pieces))
        last = self.calendar.day(max(piece[2] for piece in pieces) - 1)
        day = first
        while day <= last:
            dawn, dusk = self.calendar.start(day), self.calendar.start(plus(day, 1))
            today = [
                (name, max(start, dawn), min(end, dusk), venue, proofs)
                for name, start, end, venue, proofs in pieces
                if max(start, dawn) < min(end, dusk)]
            if today:
                rows.append(self.judge_day(case, subject, day, today))
            day = plus(day, 1)
        return rows

    def judge_day(self, case, subject, day, pieces):
        covers = {
            name: union([piece[1:3] for piece in pieces if piece[0] == name])
            for name in ("near", "closed_venue", "tail", "open_venue")}
        at_venue = union(covers["closed_venue"] + covers["open_venue"])
        alone = without(covers["near"], at_venue)
        # What is near and not near elsewhere is near at the venue.
        spans = {"near_at_venue": without(covers["near"], alone), "near": alone}
        taken = covers["near"]
        for name in ("closed_venue", "tail", "open_venue"):
            spans[name] = without(covers[name], taken)
            taken = union(taken + covers[name])
        seconds = {name: sum(end - start for start, end in spans[name]) for name in CLASSES}
        reached, sum_so_far = "brief", 0
        for name in CLASSES:
            sum_so_far += seconds[name]
            if sum_so_far >= self.rules["threshold_seconds"][name]:
                reached = name
                break
        time = self.reaching(spans)
        if time is not None and time < self.exposed.get(subject, FOREVER):
            # Cases come by id, so that an equal time leaves the smaller id.
            self.exposed[subject] = time
            self.caseOf[subject] = case["id"]
        near = seconds["near"] + seconds["near_at_venue"]
        venue = seconds["closed_venue"] + seconds["open_venue"]
        return {
            "case": case["id"], "degree": 1, "contact": subject, "day": day, "class": reached,
            "seconds": sum(seconds.values()), "near_seconds": near, "venue_seconds": venue,
            "tail_seconds": seconds["tail"], "first": taken[0][0], "last": taken[-1][1],
            "venues": sorted({piece[3] for piece in pieces if piece[3]}), "via": None,
            "label": self.rules["label"].get(reached, "brief"), "rule": self.rules["id"],
            "evidence": sorted({proof for piece in pieces for proof in piece[4] if proof})}

    def reaching(self, spans):
        """The first moment at which a class labelled F1 is reached."""
        best = None
        for place, name in enumerate(CLASSES):
            if name not in self.f1:
                continue
            missing = self.rules["threshold_seconds"][name]
            # Disjoint by construction, so that they only have to be put in order.
            for start, end in sorted(span for part in CLASSES[: place + 1] for span in spans[part]):
                if end - start >= missing:
                    time = start + missing
                    best = time if best is None else min(best, time)
                    break
                missing -= end - start
        return best

    # Degree 2 and more

    def next_degree(self, degree):
        minimum = self.rules["degree"]["threshold_seconds"]
        latent = self.rules["degree"]["latent_seconds"]
        best = {}

        def offer(subject, partner, start, end, partner_end, detail):
            order = (start + minimum, -partner_end, self.key(partner), start - end) + detail[0]
            if subject not in best or order < best[subject][0]:
                best[subject] = (order, partner, start, end, detail)

        infectious = {
            subject: self.exposed[subject] + latent
            for subject, reached in self.degree.items() if reached == degree - 1}
        self.by_venue(infectious, minimum, offer)
        for partner, since in infectious.items():
            for start, end, peer, proof in self.history.near.get(partner, ()):
                start = max(start, since)
                if end - start >= minimum and peer not in self.degree:
                    name, around = self.near_class(partner, peer, since, start, end)
                    if name in self.f1:
                        venues = sorted({piece[2] for piece in around})
                        proofs = [proof] + [p for piece in around for p in piece[3]]
                        order = (-NUMBERS[name], venues, (proof or "",))
                        offer(peer, partner, start, end, end, (order, name, venues, proofs))
        rows = []
        for subject, (order, partner, start, end, detail) in best.items():
            self.degree[subject] = degree
            self.exposed[subject] = start + minimum
            self.caseOf[subject] = self.caseOf[partner]
            name = detail[1]
            near = end - start if name.startswith("near") else 0
            rows.append({
                "case": self.caseOf[partner], "degree": degree, "contact": subject,
                "day": self.calendar.day(start + minimum), "class": name, "seconds": end - start,
                "near_seconds": near, "venue_seconds": end - start - near, "tail_seconds": 0,
                "first": start, "last": end, "venues": detail[2], "via": partner,
                "label": f"F{degree}", "rule": self.rules["id"],
                "evidence": sorted({proof for proof in detail[3] if proof})})
        return rows

    def by_venue(self, infectious, minimum, offer):
        """Offers the shared visits that matter: all of them, pair by pair, but for those that come
        later than what the person already has."""
        visits = self.history.visits
        soonest = {}
        for venue, (numbers, _, _) in self.history.at.items():
            name = "open_venue" if venue in self.history.open else "closed_venue"
            if name not in self.f1:
                continue
            stays = []
            for number in numbers:
                enter, leave, subject = visits[number][:3]
                if subject in infectious:
                    start = max(enter, infectious[subject])
                    if leave - start >= minimum:
                        stays.append((start, leave, number))
            if not stays:
                continue
            stays.sort()
            starts = [stay[0] for stay in stays]
            latest, reach = [], -FOREVER
            for stay in stays:
                reach = max(reach, stay[1])
                latest.append(reach)
            for number in numbers:
                enter, leave, subject = visits[number][:3]
                if subject in self.degree or leave - enter < minimum:
                    continue
                low = bisect.bisect_left(latest, enter + minimum)
                for place in range(low, bisect.bisect_right(starts, leave - minimum)):
                    since, until, mine = stays[place]
                    start, end = max(since, enter), min(until, leave)
                    if start > soonest.get(subject, FOREVER):
                        break
                    if end - start < minimum:
                        continue
                    if self.apart(visits[mine][4], visits[number][4]):
                        continue
                    soonest[subject] = start
                    proofs = [visits[mine][5], visits[number][5]]
                    order = (-NUMBERS[name], [venue], tuple(proof or "" for proof in proofs))
                    offer(
                        subject, visits[mine][2], start, end, until,
                        (order, name, [venue], proofs))

    def near_class(self, partner, peer, since, start, end):
        """The class of an encounter, and the shared visits (start, end, venue, evidence) it was in."""
        around = []
        visits = self.history.visits
        for mine in self.history.of.get(partner, ()):
            for theirs in self.history.of.get(peer, ()):
                one, other = visits[mine], visits[theirs]
                if one[3] != other[3] or self.apart(one[4], other[4]):
                    continue
                low, high = max(one[0], other[0], since), min(one[1], other[1])
                if low < high and max(low, start) < min(high, end):
                    around.append((low, high, one[3], (one[5], other[5])))
        uncovered = without([[start, end]], union([piece[:2] for piece in around]))
        return ("near" if uncovered else "near_at_venue"), around

    # Output

    def rows(self, degrees):
        rows = self.first_degree()
        for degree in range(2, degrees + 1):
            rows.extend(self.next_degree(degree))
        rows.sort(key=lambda row: (
            row["degree"], row["case"].encode(), self.key(row["contact"]), row["day"]))
        return rows

    def summary(self, rows):
        places = {case["id"]: place for place, case in enumerate(self.cases)}
        contacts = defaultdict(int)
        for degree in self.degree.values():
            if degree:
                contacts[str(degree)] += 1
        checksum = sum(self.row_hash(row, places) for row in rows) % (1 << 64)
        return {
            "cases": len(self.cases), "contacts": dict(contacts),
            "pairs": len({(row["degree"], row["case"], row["contact"]) for row in rows}),
            "seconds": sum(row["seconds"] for row in rows), "checksum": f"{checksum:016x}"}

    def row_hash(self, row, places):
        def words(pseudonym):
            return [int.from_bytes(pseudonym[place : place + 4], "big") for place in (0, 4, 8, 12)]

        symbols = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
        venues = 0
        for venue in row["venues"]:
            number = 0
            for symbol in venue[:8]:
                number = number * 32 + symbols.index(symbol)
            venues += number
        fields = [row["degree"], places[row["case"]]] + words(self.key(row["contact"]))
        fields += [(row["day"] - datetime.date(2020, 1, 1)).days, NUMBERS[row["class"]]]
        fields += [row["near_seconds"], row["venue_seconds"], row["tail_seconds"]]
        fields += [row["first"] - EPOCH, row["last"] - EPOCH]
        fields += words(self.key(row["via"])) if row["via"] else [0, 0, 0, 0]
        fields.append(venues)
        prime, first, second = 2**31 - 1, 0, 0
        for field in fields:
            first = (first * 1_000_003 + field) % prime
            second = (second * 998_244_353 + field) % prime
        return (first * first % prime) * 2**32 + first * second % prime

    def line(self, row):
        row = dict(row, day=row["day"].isoformat())
        row["first"] = self.calendar.text(row["first"])
        row["last"] = self.calendar.text(row["last"])
        return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visits", required=True)
    parser.add_argument("--encounters")
    parser.add_argument("--cases", required=True)
    parser.add_argument("--venues")
    parser.add_argument("--rules", required=True)
    parser.add_argument("--pseudonyms")
    parser.add_argument("--zone", default="Asia/Ho_Chi_Minh")
    parser.add_argument("--degree", type=int, default=1)
    parser.add_argument("--summary", action="store_true")
    arguments = parser.parse_args()
    oracle = Oracle(arguments)
    rows = oracle.rows(arguments.degree)
    if arguments.summary:
        print(json.dumps(oracle.summary(rows), separators=(",", ":")))
    else:
        for row in rows:
            print(oracle.line(row))


if __name__ == "__main__":
    main()
