"""Evidence from a file of SQLite to a server of FastAPI over SQLite, durable there, as NDJSON.

    python evidence_fastapi.py ROWS BATCH PEOPLE FOLDER

Reads the rows at one end, posts batches over one connection that is kept, and inserts each batch in one
transaction (WAL, synchronous=FULL, id unique). Nothing is signed or checked, which favours it. Prints
one JSON object: rows, seconds on the clock, and the CPU seconds of both ends.
"""

import http.client
import json
import multiprocessing
import os
import random
import socket
import sqlite3
import sys
import time
import uuid

import fastapi


def serve(path: str, listener: socket.socket) -> None:
    import uvicorn

    app = fastapi.FastAPI()
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute(
        "CREATE TABLE evidence (id TEXT PRIMARY KEY, subject TEXT, venue INTEGER, start INTEGER, "
        "grade INTEGER, gateway TEXT, received_at INTEGER) STRICT"
    )

    @app.post("/evidence")
    async def take(request: fastapi.Request):
        rows = [json.loads(line) for line in (await request.body()).splitlines()]
        db.execute("BEGIN")
        db.executemany(
            "INSERT OR IGNORE INTO evidence VALUES "
            "(:id, :subject, :venue, :start, :grade, :gateway, :received_at)",
            rows,
        )
        db.execute("COMMIT")
        return {"rows": len(rows)}

    config = uvicorn.Config(app, log_level="error", access_log=False)
    uvicorn.Server(config).run(sockets=[listener])


def main() -> None:
    count, size, people = (int(word) for word in sys.argv[1:4])
    folder = sys.argv[4]
    edge = sqlite3.connect(os.path.join(folder, "edge.sqlite"))
    edge.execute("CREATE TABLE evidence (id TEXT, subject TEXT, venue INTEGER, start INTEGER)")
    chance = random.Random(1)
    edge.executemany(
        "INSERT INTO evidence VALUES (?, ?, ?, ?)",
        (
            (str(uuid.UUID(int=chance.getrandbits(128))), f"{chance.randrange(people):032x}",
             chance.getrandbits(40), 1_596_672_000 + row // 10)
            for row in range(count)
        ),
    )
    edge.commit()
    # With the protocol named, asyncio sends small answers at once.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen(16)
    server = multiprocessing.Process(
        target=serve, args=(os.path.join(folder, "centre.sqlite"), listener))
    server.start()
    connection = http.client.HTTPConnection("127.0.0.1", listener.getsockname()[1], timeout=60)
    connection.request("POST", "/evidence", b"")
    connection.getresponse().read()

    def server_cpu() -> float:
        with open(f"/proc/{server.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    wall, own, other = time.monotonic(), time.process_time(), server_cpu()
    rows = edge.execute("SELECT id, subject, venue, start FROM evidence ORDER BY rowid")
    sent = 0
    while batch := rows.fetchmany(size):
        body = "\n".join(
            json.dumps({"id": id, "subject": subject, "venue": venue, "start": start, "grade": 1,
                        "gateway": "gate-1", "received_at": start})
            for id, subject, venue, start in batch
        )
        connection.request("POST", "/evidence", body, {"Content-Type": "application/x-ndjson"})
        sent += json.loads(connection.getresponse().read())["rows"]
    result = {
        "peer": f"FastAPI, SQLite, NDJSON, batches of {size:,}",
        "version": fastapi.__version__,
        "count": sent,
        "wall_s": time.monotonic() - wall,
        "cpu_s": time.process_time() - own + server_cpu() - other,
    }
    server.terminate()
    server.join()
    assert sent == count
    stored = sqlite3.connect(os.path.join(folder, "centre.sqlite"))
    assert stored.execute("SELECT count(*) FROM evidence").fetchone() == (count,)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
