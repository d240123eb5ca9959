"""Seals and opens with pyhpke, an implementation of RFC 9180 that is not ours.

Usage: hpke_peer.py make > pyhpke.json   messages that we must open
       hpke_peer.py open < messages      opens messages that we sealed: one JSON list, prints plaintexts
"""
import json
import os
import sys

from pyhpke import AEADId, CipherSuite, KDFId, KEMId, KEMKey

suite = CipherSuite.new(KEMId.DHKEM_X25519_HKDF_SHA256, KDFId.HKDF_SHA256, AEADId.AES256_GCM)


def private_key(raw):
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
    return KEMKey.from_pyca_cryptography_key(X25519PrivateKey.from_private_bytes(raw))


def public_key(raw):
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
    return KEMKey.from_pyca_cryptography_key(X25519PrivateKey.from_private_bytes(raw).public_key())


if sys.argv[1] == "make":
    rows = []
    for number in range(24):
        secret, info, aad = os.urandom(32), os.urandom(number), os.urandom(3 * number % 50)
        message = os.urandom(number * 11 % 200)
        enc, sender = suite.create_sender_context(public_key(secret), info=info)
        rows.append({"private_key": secret.hex(), "info": info.hex(), "aad": aad.hex(),
                     "enc": enc.hex(), "ct": sender.seal(message, aad).hex(),
                     "pt": message.hex()})
    json.dump(rows, sys.stdout, indent=1)
else:
    opened = []
    for row in json.load(sys.stdin):
        raw = {name: bytes.fromhex(value) for name, value in row.items()}
        recipient = suite.create_recipient_context(
            raw["enc"], private_key(raw["private_key"]), info=raw["info"])
        opened.append(recipient.open(raw["ct"], raw["aad"]).hex())
    json.dump(opened, sys.stdout)
