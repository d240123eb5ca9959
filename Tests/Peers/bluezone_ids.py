"""Derives the identifiers of Bluezone's day keys with hashlib: prints one JSON line a way.

Usage: bluezone_ids.py KEYS
Once the identifiers alone, and once with a keyed hash of each (hmac.digest), as a pseudonym is made.
"""
import hashlib
import hmac
import json
import platform
import sys
import time

keys = [hashlib.sha256(b"day key %d" % number).digest() for number in range(int(sys.argv[1]))]
PLACES = [0, 4, 8, 12, 16, 18, 20, 22, 24, 26, 28, 30]
SECRET = bytes(range(32))


def report(peer, count, start):
    print(json.dumps({"peer": peer, "version": platform.python_version(), "count": count,
                      "cpu_s": time.process_time() - start[0],
                      "wall_s": time.perf_counter() - start[1]}), flush=True)


def identifiers(key):
    sub = hashlib.sha256(key + b"bluzonesubkey").digest()
    for _ in range(96):
        yield bytes([sub[place] for place in PLACES])
        sub = hashlib.sha256(sub).digest()


start = time.process_time(), time.perf_counter()
for key in keys:
    for identifier in identifiers(key):
        pass
report("hashlib, derived, Python", 96 * len(keys), start)

owners = {}
for person, key in enumerate(keys):
    for identifier in identifiers(key):
        text = b"checkin/subject/v1\0bluezone:" + identifier.hex().upper().encode()
        owners[hmac.digest(SECRET, text, "sha256")[:16]] = person
start = time.process_time(), time.perf_counter()
found = 0
for person, key in enumerate(keys):
    for identifier in identifiers(key):
        text = b"checkin/subject/v1\0bluezone:" + identifier.hex().upper().encode()
        found += owners[hmac.digest(SECRET, text, "sha256")[:16]] == person
assert found == 96 * len(keys)
report("hashlib and hmac, resolved, Python", 96 * len(keys), start)
