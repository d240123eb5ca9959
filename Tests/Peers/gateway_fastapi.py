"""The same endpoint in FastAPI over SQLite, durable: WAL, synchronous=FULL, a transaction a check-in.

    uvicorn --app-dir Tests/Peers gateway_fastapi:app --port 8105 --workers 2 --no-access-log

It checks no signature, which favours it.
"""

import os
import sqlite3
import threading

from fastapi import FastAPI, HTTPException, Response
from pydantic import BaseModel, ConfigDict

app = FastAPI()
local = threading.local()


class CheckIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    code: str
    visitor: str
    direction: str
    id: str
    scanned_at: str


def connection() -> sqlite3.Connection:
    if not hasattr(local, "connection"):
        opened = sqlite3.connect(os.environ["GATEWAY_DB"], timeout=30, isolation_level=None)
        opened.execute("PRAGMA journal_mode = WAL")
        opened.execute("PRAGMA synchronous = FULL")
        opened.execute(
            "CREATE TABLE IF NOT EXISTS checkin (id TEXT PRIMARY KEY, code TEXT, visitor TEXT, "
            "direction TEXT, scanned_at TEXT, received_at TEXT DEFAULT CURRENT_TIMESTAMP) STRICT"
        )
        local.connection = opened
    return local.connection


@app.post("/checkins", status_code=201)
def check_in(item: CheckIn, response: Response):
    db = connection()
    added = db.execute(
        "INSERT INTO checkin (id, code, visitor, direction, scanned_at) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT DO NOTHING",
        (item.id, item.code[-200:], item.visitor, item.direction, item.scanned_at),
    )
    if added.rowcount == 0:
        known = db.execute("SELECT visitor FROM checkin WHERE id = ?", (item.id,)).fetchone()
        if known[0] != item.visitor:
            raise HTTPException(409)
        response.status_code = 200
    return {"evidence": item.id, "direction": item.direction}
