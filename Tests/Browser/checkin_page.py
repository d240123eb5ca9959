"""Drives the check-in page in Chromium against a real gateway, as a visitor does.

Usage: checkin_page.py PROGRAM VENUES [PICTURES]
Needs the Python packages playwright and zxing-cpp (with Pillow) and the program chromium. Prints one
line for each thing that was seen, ends with status 1 when one was not.
"""
import base64
import hashlib
import hmac
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import zxingcpp
from PIL import Image
from playwright.sync_api import sync_playwright

PROGRAM, VENUES = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
PICTURES = sys.argv[3] if len(sys.argv) > 3 else None
HOTEL, OTHER = "C4C6BHFZC", None
PHONE = "0912345678"
failures = []


def check(what, holds, seen=""):
    print(("ok    " if holds else "WRONG ") + what + (f": {seen}" if seen != "" else ""), flush=True)
    if not holds:
        failures.append(what)


folder = tempfile.mkdtemp()
environment = {"PATH": "/usr/bin:/bin", "HOME": folder, "LANG": "C.UTF-8", "CHECKIN_VENUES": VENUES}


def run(*words, status=0, **more):
    done = subprocess.run([PROGRAM, *words], cwd=folder, env={**environment, **more},
                          capture_output=True, text=True)
    if done.returncode != status:
        raise SystemExit(f"checkin {' '.join(words)}: {done.returncode} {done.stderr}{done.stdout}")
    return done.stdout


def poster(venue, *words):
    """The digits of a poster that is made for a venue."""
    for line in run("qr", venue, "--format", "svg", "--json", *words).splitlines():
        code = json.loads(line).get("code")
        if code:
            return code.split("#")[-1]
    raise SystemExit("no code")


def number(digits):
    count = len(digits) * 100000 // (8 * 30103)
    return bytearray(int(digits).to_bytes(count, "big"))


def digits_of(code):
    return str(int.from_bytes(code, "big")).zfill((8 * len(code) * 30103 + 99999) // 100000)


def unpadded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Traffic:
    """What a page asked for."""

    def __init__(self, page):
        self.requests = []
        page.on("request", lambda request: self.requests.append(
            (request.method, request.url, request.post_data or "")))

    @property
    def posts(self):
        return [each for each in self.requests if each[0] == "POST"]


def main():
    global OTHER
    run("init")
    listed = [json.loads(line) for line in run("venue", "list", "--json").splitlines()
              if line.startswith("{")] or json.loads(run("venue", "list", "--json"))
    names = {venue["id"]: venue["name"] for venue in listed}
    OTHER = next(each for each in names if each != HOTEL)
    secret = {"CHECKIN_PASSPHRASE": "một hai ba bốn"}
    run("contact", "key", "new", "--output", "health.key", **secret)
    run("contact", "key", "install", "health.key.public.json")
    digits, other = poster(HOTEL), poster(OTHER)
    log = open(os.path.join(folder, "gateway.log"), "w")
    gateway = subprocess.Popen(
        [PROGRAM, "gateway", "--port", "0", "--metrics-port", "0"], cwd=folder, env=environment,
        stderr=log, stdout=log)
    try:
        port = None
        for _ in range(200):
            time.sleep(0.05)
            for line in open(log.name):
                if '"serving"' in line:
                    port = json.loads(line)["port"]
            if port:
                break
        browse(f"http://localhost:{port}", digits, other, names, secret)
    finally:
        gateway.send_signal(signal.SIGTERM)
        gateway.wait(30)
    everything = b""
    for root, _, files in os.walk(folder):
        for name in files:
            everything += open(os.path.join(root, name), "rb").read()
    check("the number is in no file of the store and no log",
          b"912345678" not in everything and b"Nguy\xe1\xbb\x85n Th\xe1\xbb\x8b Mai" not in everything)
    chain = run("audit", "verify")
    check("the audit log is whole", "whole" in chain, chain.splitlines()[0])


def browse(base, digits, other, names, secret):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", headless=True, args=["--no-sandbox"])
        everything = []

        def visitor(script=None):
            context = browser.new_context(
                viewport={"width": 360, "height": 640}, locale="vi-VN", device_scale_factor=2,
                timezone_id="Asia/Ho_Chi_Minh")
            page = context.new_page()
            page.set_default_timeout(20000)
            if script:
                page.add_init_script(script)
            traffic = Traffic(page)
            everything.append(traffic)
            problems = []
            page.on("console", lambda message: problems.append(message.text)
                    if message.type == "error" else None)
            page.on("pageerror", lambda error: problems.append(str(error)))
            return page, traffic, problems

        def picture(page, name):
            if PICTURES:
                page.screenshot(path=os.path.join(PICTURES, name + ".png"))

        # A genuine poster.
        page, traffic, problems = visitor()
        answer = page.goto(f"{base}/#{digits}")
        page.wait_for_selector("#venue:not([hidden])")
        check("the name of the poster is shown", page.inner_text("#name") == names[HOTEL],
              page.inner_text("#name"))
        check("and where it is", len(page.inner_text("#district")) > 5, page.inner_text("#district"))
        check("nothing was posted before the tap", traffic.posts == [])
        check("the code is in no address that was asked for",
              not any(digits[:20] in each[1].split("#")[0] for each in traffic.requests))
        check("nothing is loaded from elsewhere",
              all(each[1].startswith((base, "data:")) for each in traffic.requests),
              len(traffic.requests))
        policy = answer.headers.get("content-security-policy", "")
        check("the page may run nothing but its script",
              "default-src 'none'" in policy and "unsafe" not in policy)
        picture(page, "venue")
        page.fill("#phone", PHONE)
        page.fill("#called", "Nguyễn Thị Mai")
        page.click("#check-in")
        page.wait_for_selector("#receipt:not([hidden]) #qr svg")
        check("there is a tick", "Đã điểm danh" in page.inner_text("#tick"), page.inner_text("#tick"))
        check("the page says nothing is wrong", problems == [], problems)
        picture(page, "receipt")
        sent = json.loads(traffic.posts[0][2])
        box = json.loads(traffic.posts[1][2])
        evidence = sent["id"]
        kept = json.loads(page.evaluate("localStorage.getItem('checkin.visits')"))[-1]
        key = unpadded(kept["secret"])
        check("the secret stays on the phone",
              all(kept["secret"] not in each[2] for each in traffic.posts))
        proof = hmac.new(key, b"checkin/check-out/v1\0", hashlib.sha256).digest()[:16]
        pseudonym = hashlib.sha256(b"checkin/check-in/v1\0" + proof).digest()[:10]
        check("the pseudonym follows from the secret", unpadded(sent["check_in"]) == pseudonym)
        image = Image.open(io.BytesIO(page.locator("#qr svg").screenshot()))
        read = [each.text for each in zxingcpp.read_barcodes(image)]
        code = number(read[0].split("#")[-1]) if read else b""
        statement = bytes(code[:21])
        check("libzxing reads the receipt from the screen", len(code) == 29, read)
        check("the receipt is genuine and of now",
              code[0] == 0x1a and statement[11:] == pseudonym
              and bytes(code[21:]) == hmac.new(
                  key, b"checkin/receipt/v1\0" + statement, hashlib.sha256).digest()[:8]
              and abs(int.from_bytes(code[7:11], "big") * 30 - time.time()) < 60)
        judged = json.loads(run("verify", digits_of(code), "--json", status=0)) if code else {}
        check("the program takes it for a fresh receipt", "receipt" in json.dumps(judged),
              json.dumps(judged)[:160])
        rows = run("exposure", "--venue", HOTEL, "--from", at(-3600), "--to", at(3600), "--order",
                   "test", "--json").splitlines()
        check("the check-in is in the store", len(rows) == 1, rows)
        opened = json.loads(run("contact", "open", "--order", "QD 12", "--key", "health.key",
                                "--evidence", evidence, "--json", **secret))
        check("the health authority opens the number",
              (opened["phone"], opened["name"]) == ("+84912345678", "Nguyễn Thị Mai"), opened)
        log = run("audit", "show", "--json")
        check("that is in the audit log, without the number",
              "contact open" in log and evidence in log and "912345678" not in log)

        # Somebody who saw the receipt.
        out = {"id": "0198f2a4-5f6e-7abc-8123-456789abcdef", "code": digits, "direction": "out",
               "check_in": sent["check_in"], "scanned_at": sent["scanned_at"]}
        check("who saw a check-in cannot check out (A09)", post(base + "/checkins", out) == 403)
        moved = {"venue": OTHER, "contact": box["contact"]}
        check("a second box for the check-in is refused",
              post(f"{base}/checkins/{evidence}/contact", moved) == 409)

        # The way out, on the same phone, by the poster.
        page.reload()
        page.wait_for_selector("#check-out:not([hidden])")
        page.click("#check-out")
        page.wait_for_selector("#tick:has-text('Đã ra về')")
        picture(page, "out")
        left = json.loads(traffic.posts[-1][2])
        check("the check-out shows its proof", unpadded(left["proof"]) == proof)

        # Two more check-ins of the same phone (A06), of other lengths (A35), by the fallbacks.
        old = """for (const name of ['importKey', 'generateKey']) {
          const known = SubtleCrypto.prototype[name];
          SubtleCrypto.prototype[name] = function (...all) {
            if (JSON.stringify(all.map((each) => each?.name || each)).match(/X25519|Ed25519/))
              return Promise.reject(new DOMException('no', 'NotSupportedError'));
            return known.apply(this, all);
          };
        }"""
        bodies = [[traffic.posts[0][2], traffic.posts[1][2]]]
        for script, name in ((old, ""), (None, "x" * 96)):
            page, traffic, problems = visitor(script)
            page.goto(f"{base}/#{digits}")
            page.wait_for_selector("#venue:not([hidden])")
            page.fill("#phone", "+1 234 567 890 12345" if name else PHONE)
            page.fill("#called", name)
            page.click("#check-in")
            page.wait_for_selector("#receipt:not([hidden]) #qr svg")
            bodies.append([traffic.posts[0][2], traffic.posts[1][2]])
            evidence = json.loads(traffic.posts[0][2])["id"]
            opened = json.loads(run("contact", "open", "--order", "QD 12", "--key", "health.key",
                                    "--evidence", evidence, "--json", **secret))
            check("an old browser's box opens" if script else "the longest box opens",
                  opened["phone"] == ("+84912345678" if script else "+123456789012345"))
        check("sealed contacts and check-ins are equally long for everybody (A35)",
              len({tuple(map(len, each)) for each in bodies}) == 1, len(bodies[0][1]))
        values = [json.loads(first) | json.loads(second) for first, second in bodies]
        repeated = {name for name in values[0]
                    if len({value[name] for value in values}) < len(values)}
        check("no value repeats but venue data and the second (A06)",
              repeated <= {"code", "venue", "direction", "scanned_at"}, sorted(repeated))

        # Codes that are not what they say.
        forged = number(digits)
        forged[-3] ^= 1
        kind = number(digits)
        kind[0] ^= 1
        renamed = number(digits)
        renamed[20] ^= 1
        for what, bad in (("a forged signature", digits_of(forged)),
                          ("another kind (A07)", digits_of(kind)),
                          ("another name", digits_of(renamed)), ("no code", "123456"),
                          ("letters", "https://evil.example/")):
            page, traffic, problems = visitor()
            page.goto(f"{base}/#{bad}")
            page.wait_for_selector("#problem:not([hidden])")
            asked = [each[1].removeprefix(base) for each in traffic.requests]
            check(f"{what} is refused in red, and nothing is sent",
                  traffic.posts == [] and not any("/places" in each for each in asked)
                  and page.evaluate("getComputedStyle(document.getElementById('problem-text'))"
                                    ".backgroundColor") == "rgb(179, 19, 27)",
                  page.inner_text("#problem-text strong"))
            picture(page, "refused")
        page, traffic, problems = visitor()
        page.goto(f"{base}/c#{other}")
        page.wait_for_selector("#venue:not([hidden])")
        check("a genuine poster of elsewhere says where it is of (A16b)",
              page.inner_text("#name") not in ("", names[HOTEL])
              and len(page.inner_text("#district")) > 5, page.inner_text("#name"))
        dump = json.dumps([each.requests for each in everything])
        check("the number is in no request", "912345678" not in dump and "Thị Mai" not in dump)
        page.goto(f"{base}/receipt")
        vectors(page)
        browser.close()


VECTORS = """async ({x25519, ed25519, hpke}) => {
  const page = await import('/checkin.js');
  const bytes = (hex) => Uint8Array.from(hex.match(/../g) || [], (each) => parseInt(each, 16));
  const hex = (all) => Array.from(all, (each) => each.toString(16).padStart(2, '0')).join('');
  const wrong = {x25519: 0, plain: 0, browser: 0, hpke: 0, count: 0};
  for (const test of x25519.testGroups.flatMap((group) => group.tests)) {
    wrong.count++;
    if (hex(page.x25519Plain(bytes(test.private), bytes(test.public))) !== test.shared) wrong.x25519++;
  }
  for (const group of ed25519.testGroups) for (const test of group.tests) {
    wrong.count++;
    const signed = [bytes(group.publicKey.pk), bytes(test.sig), bytes(test.msg)];
    const valid = test.result === 'valid';
    if (await page.verifyEd25519Plain(...signed) !== valid) wrong.plain++;
    if (await page.verifyEd25519(...signed) !== valid) wrong.browser++;
  }
  const first = hpke.encryptions[0], key = bytes(hpke.pkRm);
  const sealed = await page.sealHPKE(
    key, bytes(hpke.info), bytes(first.aad), bytes(first.pt), page.agreePlain(key, bytes(hpke.skEm)));
  if (hex(sealed) !== hpke.enc + first.ct) wrong.hpke++;
  return wrong;
}"""


def vectors(page):
    """Runs published vectors through the page's own arithmetic, in the browser."""
    tests = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")

    def load(path):
        return json.load(open(os.path.join(tests, path)))
    wrong = page.evaluate(VECTORS, {
        "x25519": load("VenueCodesTests/Fixtures/x25519_test.json"),
        "ed25519": load("VenueCodesTests/Fixtures/ed25519_test.json"),
        "hpke": load("SealedContactsTests/Fixtures/rfc9180-base.json")})
    check("Wycheproof's X25519 and Ed25519 and RFC 9180 come out in the browser",
          wrong == {"x25519": 0, "plain": 0, "browser": 0, "hpke": 0, "count": 669}, wrong)


def at(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


def post(url, body):
    request = urllib.request.Request(
        url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        return urllib.request.urlopen(request).status
    except urllib.error.HTTPError as error:
        return error.code


try:
    main()
finally:
    shutil.rmtree(folder)
print(f"{len(failures)} wrong")
sys.exit(1 if failures else 0)
