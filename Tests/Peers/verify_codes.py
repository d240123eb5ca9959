"""Verifies signatures with PyNaCl (Ed25519) and PyJWT (ES256): prints one JSON line a peer.

Usage: verify_codes.py COUNT
The message of PyNaCl is as long as a compact poster token without its signature; the claims of
PyJWT are the fields of a venue code, as the NHS app's posters carried them.
"""
import json
import sys
import time

import jwt
import nacl.signing
from cryptography.hazmat.primitives.asymmetric import ec

count = int(sys.argv[1])


def report(peer, version, start):
    seconds = time.process_time() - start[0]
    print(json.dumps({"peer": peer, "version": version, "count": count,
                      "cpu_s": seconds, "wall_s": time.perf_counter() - start[1],
                      "per_cpu_s": count / seconds}), flush=True)


key = nacl.signing.SigningKey.generate()
message = b"checkin/venue-code/v1\0" + bytes(14)
signature = key.sign(message).signature
public = key.verify_key
start = time.process_time(), time.perf_counter()
for _ in range(count):
    public.verify(message, signature)
report("PyNaCl", nacl.__version__, start)

private = ec.generate_private_key(ec.SECP256R1())
token = jwt.encode({"id": "K7Q2M9X4", "opn": "Khách sạn Hữu Nghị", "vt": "4", "z": 0,
                    "nbf": 1596646800}, private, algorithm="ES256")
public = private.public_key()
start = time.process_time(), time.perf_counter()
for _ in range(count):
    jwt.decode(token, public, algorithms=["ES256"])
report("PyJWT ES256", jwt.__version__, start)
