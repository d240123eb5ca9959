// The visitor's check-in page: reads the code in the fragment of its own address, checks its
// signature here, and only then asks whether to check in. Nothing is loaded from elsewhere.

// ---- Bytes ----

const text = new TextEncoder();
const utf8 = (string) => text.encode(string);
const join = (...parts) => {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let place = 0;
  for (const part of parts) { all.set(part, place); place += part.length; }
  return all;
};
const toBase64URL = (bytes) =>
  btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const fromBase64URL = (string) =>
  Uint8Array.from(atob(string.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const bigEndian = (number, count) =>
  Uint8Array.from({ length: count }, (_, i) => Number((BigInt(number) >> BigInt(8 * (count - 1 - i))) & 255n));
const toNumber = (bytes) => bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
const fromLittleEndian = (bytes) => toNumber(Uint8Array.from(bytes).reverse());
const toLittleEndian = (number) => bigEndian(number, 32).reverse();
const isEqual = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);

// ---- Arithmetic modulo 2^255 - 19, for browsers whose WebCrypto has neither Ed25519 nor X25519 ----

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const mod = (a, m = P) => { const r = a % m; return r < 0n ? r + m : r; };
const power = (base, exponent) => {
  let result = 1n;
  for (let b = mod(base), e = exponent; e > 0n; e >>= 1n, b = mod(b * b)) if (e & 1n) result = mod(result * b);
  return result;
};
const invert = (a) => power(a, P - 2n);
const D = mod(-121665n * invert(121666n));
const ROOT = power(2n, (P - 1n) / 4n);

// Points of edwards25519 in extended coordinates.
const add = ([x1, y1, z1, t1], [x2, y2, z2, t2]) => {
  const a = mod((y1 - x1) * (y2 - x2)), b = mod((y1 + x1) * (y2 + x2));
  const c = mod(2n * t1 * t2 * D), d = mod(2n * z1 * z2);
  const e = b - a, f = d - c, g = d + c, h = b + a;
  return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
};
const NEUTRAL = [0n, 1n, 1n, 0n];
const multiply = (point, scalar) => {
  let result = NEUTRAL;
  for (let p = point, s = scalar; s > 0n; s >>= 1n, p = add(p, p)) if (s & 1n) result = add(result, p);
  return result;
};
const decompress = (bytes) => {
  const sign = bytes[31] >> 7;
  const y = fromLittleEndian(bytes) & ((1n << 255n) - 1n);
  if (y >= P) return null;
  const u = mod(y * y - 1n), v = mod(D * y * y + 1n);
  let x = mod(u * power(v, 3n) * power(u * power(v, 7n), (P - 5n) / 8n));
  if (mod(v * x * x) !== u) x = mod(x * ROOT);
  if (mod(v * x * x) !== u || (x === 0n && sign === 1)) return null;
  if (Number(x & 1n) !== sign) x = P - x;
  return [x, y, 1n, mod(x * y)];
};
const compress = ([x, y, z]) => {
  const i = invert(z);
  const bytes = toLittleEndian(mod(y * i));
  if (mod(x * i) & 1n) bytes[31] |= 0x80;
  return bytes;
};
const isSmall = (point) => {
  const [x, y, z] = multiply(point, 8n);
  return x === 0n && y === z;
};
const BASE = decompress(toLittleEndian(mod(4n * invert(5n))));

/** Whether a signature of a message was made with a key; our own, checked as strictly as the server. */
async function verifyEd25519Plain(key, signature, message) {
  if (key.length !== 32 || signature.length !== 64) return false;
  const a = decompress(key), r = decompress(signature.subarray(0, 32));
  const s = fromLittleEndian(signature.subarray(32));
  if (!a || !r || s >= L || isSmall(a) || isSmall(r)) return false;
  const digest = new Uint8Array(
    await crypto.subtle.digest("SHA-512", join(signature.subarray(0, 32), key, message)));
  const k = mod(fromLittleEndian(digest), L);
  const negative = [mod(-a[0]), a[1], a[2], mod(-a[3])];
  return isEqual(compress(add(multiply(BASE, s), multiply(negative, k))), signature.subarray(0, 32));
}

/** Whether a signature of a message was made with a key. */
async function verifyEd25519(key, signature, message) {
  let imported;
  try {
    imported = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
  } catch {
    return verifyEd25519Plain(key, signature, message);
  }
  return crypto.subtle.verify("Ed25519", imported, signature, message);
}

/** X25519 by the Montgomery ladder of RFC 7748; our own. */
function x25519Plain(secret, point) {
  const k = Uint8Array.from(secret);
  k[0] &= 248; k[31] = (k[31] & 127) | 64;
  const scalar = fromLittleEndian(k);
  const x1 = mod(fromLittleEndian(point) & ((1n << 255n) - 1n));
  let x2 = 1n, z2 = 0n, x3 = x1, z3 = 1n, swap = 0n;
  for (let t = 254n; t >= 0n; t -= 1n) {
    const bit = (scalar >> t) & 1n;
    if (swap ^ bit) [x2, x3, z2, z3] = [x3, x2, z3, z2];
    swap = bit;
    const a = x2 + z2, b = x2 - z2, c = x3 + z3, d = x3 - z3;
    const aa = mod(a * a), bb = mod(b * b), e = aa - bb, da = mod(d * a), cb = mod(c * b);
    x3 = mod((da + cb) ** 2n); z3 = mod(x1 * mod((da - cb) ** 2n));
    x2 = mod(aa * bb); z2 = mod(e * (aa + 121665n * e));
  }
  if (swap) [x2, z2] = [x3, z3];
  return toLittleEndian(mod(x2 * invert(z2)));
}

/** A fresh key pair's public half and what it agrees on with a public key. */
async function agree(publicKey) {
  try {
    const pair = await crypto.subtle.generateKey({ name: "X25519" }, false, ["deriveBits"]);
    const other = await crypto.subtle.importKey("raw", publicKey, { name: "X25519" }, false, []);
    const shared = await crypto.subtle.deriveBits({ name: "X25519", public: other }, pair.privateKey, 256);
    return {
      encapsulation: new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)),
      shared: new Uint8Array(shared),
    };
  } catch {
    return agreePlain(publicKey, crypto.getRandomValues(new Uint8Array(32)));
  }
}

function agreePlain(publicKey, secret) {
  const base = new Uint8Array(32);
  base[0] = 9;
  return { encapsulation: x25519Plain(secret, base), shared: x25519Plain(secret, publicKey) };
}

// ---- HPKE (RFC 9180), base mode: X25519, HKDF-SHA256, AES-256-GCM ----

async function hmac(key, ...parts) {
  // WebCrypto takes no empty key; one of a block of zeros is the same.
  const raw = key.length === 0 ? new Uint8Array(64) : key;
  const imported = await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, join(...parts)));
}

const NONE = new Uint8Array(0);
const KEM = join(utf8("KEM"), Uint8Array.of(0, 0x20));
const SUITE = join(utf8("HPKE"), Uint8Array.of(0, 0x20, 0, 1, 0, 2));
const extract = (suite, salt, label, input) => hmac(salt, utf8("HPKE-v1"), suite, utf8(label), input);
// No key here is longer than one block of HKDF.
const expand = async (suite, key, label, info, count) =>
  (await hmac(key, Uint8Array.of(0, count), utf8("HPKE-v1"), suite, utf8(label), info, Uint8Array.of(1)))
    .subarray(0, count);

/** Seals a message to a public key: the encapsulation and the ciphertext. */
async function sealHPKE(publicKey, info, additional, message, agreed) {
  const { encapsulation, shared } = agreed || await agree(publicKey);
  if (shared.every((byte) => byte === 0)) throw new Error("weak key");
  const extracted = await extract(KEM, NONE, "eae_prk", shared);
  const secret = await expand(KEM, extracted, "shared_secret", join(encapsulation, publicKey), 32);
  const context = join(
    Uint8Array.of(0), await extract(SUITE, NONE, "psk_id_hash", NONE),
    await extract(SUITE, NONE, "info_hash", info));
  const schedule = await extract(SUITE, secret, "secret", NONE);
  const key = await crypto.subtle.importKey(
    "raw", await expand(SUITE, schedule, "key", context, 32), "AES-GCM", false, ["encrypt"]);
  const iv = await expand(SUITE, schedule, "base_nonce", context, 12);
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: additional }, key, message);
  return join(encapsulation, new Uint8Array(sealed));
}

// ---- Codes ----

const SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U";

/** The nine symbols of a venue's id. */
function venueText(bytes) {
  const number = toNumber(bytes);
  let out = "";
  for (let shift = 35n; shift >= 0n; shift -= 5n) out += SYMBOLS[Number((number >> shift) & 31n)];
  return out + SYMBOLS[Number(number % 37n)];
}

const digitCount = (bytes) => Math.floor((8 * bytes * 30103 + 99999) / 100000);

/** The bytes that the digits of a code stand for; null when they are none. */
function bytesOfDigits(digits) {
  if (!/^[0-9]+$/.test(digits)) return null;
  const count = Math.floor((digits.length * 100000) / (8 * 30103));
  if (count > 120 || digitCount(count) !== digits.length) return null;
  const number = BigInt(digits);
  return number >> BigInt(8 * count) ? null : bigEndian(number, count);
}

const digitsOfBytes = (bytes) => toNumber(bytes).toString().padStart(digitCount(bytes.length), "0");

const FIRST_DAY = Date.UTC(2020, 0, 1) / 86400000;
// A poster's day is that of the place where it hangs.
const today = (now) => Math.floor((now + 7 * 3600) / 86400) - FIRST_DAY;

/** Reads a poster's code; throws the word for what is wrong. */
function readPoster(digits) {
  const bytes = bytesOfDigits(digits);
  if (!bytes || bytes.length < 29) throw "notCode";
  if (bytes[0] >> 4 !== 1) throw "notCode";
  const kind = bytes[0] & 15;
  if (![0, 1, 2, 4].includes(kind) || bytes.length < 78) throw "notPoster";
  const body = bytes.length - 64;
  let name = null;
  if (body > 14) {
    if (bytes[14] !== body - 15 || body < 16 || body > 56) throw "notCode";
    try {
      name = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(15, body));
    } catch {
      throw "notCode";
    }
    // What could turn a name around or hide in it is in no name that we sign.
    if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}]/u.test(name)) throw "notCode";
  }
  return {
    digits, kind, name, keyID: bytes[1], venue: bytes.slice(2, 7), zone: bytes[7],
    firstDay: bytes[8] * 256 + bytes[9], lastDay: bytes[8] * 256 + bytes[9] + Math.max(0, bytes[10] * 7 - 1),
    signed: join(utf8("checkin/venue-code/v1\0"), bytes.subarray(0, body)), signature: bytes.slice(body),
  };
}

/** Checks a poster's code against the published keys; throws the word for what is wrong. */
async function verifyPoster(poster, keySet, now) {
  const key = keySet.keys.find((each) => each.id === poster.keyID && each.algorithm === "Ed25519");
  if (!key) throw "notGenuine";
  const before = Date.parse(key.not_before) / 1000, after = Date.parse(key.not_after) / 1000;
  if (now < before || now > after || (key.revoked_at && now >= Date.parse(key.revoked_at) / 1000)) throw "notGenuine";
  if (poster.signature.every((byte) => byte === 0)) throw "notGenuine";
  if (!await verifyEd25519(fromBase64URL(key.public_key), poster.signature, poster.signed)) throw "notGenuine";
  const day = today(now);
  if (day < poster.firstDay || day > poster.lastDay) throw "expired";
}

// ---- Check-ins ----

/** What follows from a check-in's secret: the proof of its check-out and its pseudonym. */
async function derive(secret) {
  const proof = (await hmac(secret, utf8("checkin/check-out/v1\0"))).slice(0, 16);
  const digest = await crypto.subtle.digest("SHA-256", join(utf8("checkin/check-in/v1\0"), proof));
  return { proof, pseudonym: new Uint8Array(digest).slice(0, 10) };
}

/** The receipt of a 30-second step. */
async function receipt(secret, venue, zone, seconds) {
  const { pseudonym } = await derive(secret);
  const statement = join(
    Uint8Array.of(0x1a), venue, Uint8Array.of(zone), bigEndian(Math.floor(seconds / 30), 4), pseudonym);
  return join(statement, (await hmac(secret, utf8("checkin/receipt/v1\0"), statement)).subarray(0, 8));
}

/** A time-ordered UUID. */
function newID(milliseconds) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes.set(bigEndian(Math.floor(milliseconds), 6));
  bytes[6] = (bytes[6] & 15) | 0x70;
  bytes[8] = (bytes[8] & 63) | 0x80;
  return bytes;
}
const idText = (bytes) =>
  Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("")
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");

const bytesOfID = (text) =>
  Uint8Array.from(text.replace(/-/g, "").match(/../g), (pair) => parseInt(pair, 16));

/** A moment as ISO 8601 has it, to the second. */
const moment = (seconds) => new Date(seconds * 1000).toISOString().replace(/\.\d+/, "");

/** A telephone number as E.164 has it, or null: a Vietnamese one may begin with 0. */
function phoneNumber(typed) {
  const plain = typed.replace(/[\s.()-]/g, "");
  const number = plain.startsWith("00") ? "+" + plain.slice(2) : plain.startsWith("0") ? "+84" + plain.slice(1) : plain;
  return /^\+[1-9][0-9]{6,14}$/.test(number) ? number : null;
}

/** Contact details, always 128 bytes. */
function padded(phone, name) {
  const bytes = new Uint8Array(128), called = utf8(name);
  bytes[0] = 1;
  bytes[1] = phone.length;
  bytes.set(utf8(phone), 2);
  bytes[18] = called.length;
  bytes.set(called, 19);
  return bytes;
}

/** Seals contact details to the health authority's key, for one check-in. */
async function sealContact(key, venue, evidence, phone, name, agreed) {
  const id = Uint8Array.from(key.id.match(/../g), (hex) => parseInt(hex, 16));
  const sealed = await sealHPKE(
    fromBase64URL(key.public_key), utf8("checkin/contact/v1"), join(venue, evidence, id), padded(phone, name), agreed);
  return toBase64URL(join(Uint8Array.of(1), id, sealed));
}

// ---- QR codes: version 5, level Q, which holds a receipt ----

const EXP = new Uint8Array(510), LOG = new Uint8Array(256);
for (let i = 0, x = 1; i < 255; i++) {
  EXP[i] = EXP[i + 255] = x;
  LOG[x] = i;
  x = (x << 1) ^ (x & 128 ? 0x11d : 0);
}
const times = (a, b) => (a && b ? EXP[LOG[a] + LOG[b]] : 0);

/** The error correction codewords of a block. */
function correction(data, count) {
  let generator = [1];
  for (let i = 0; i < count; i++) {
    const next = new Array(generator.length + 1).fill(0);
    generator.forEach((c, j) => { next[j] ^= c; next[j + 1] ^= times(c, EXP[i]); });
    generator = next;
  }
  const rest = [...data, ...new Array(count).fill(0)];
  for (let i = 0; i < data.length; i++) {
    const lead = rest[i];
    if (lead) generator.forEach((c, j) => { rest[i + j] ^= times(c, lead); });
  }
  return rest.slice(data.length);
}

/** The codewords of a prefix as bytes and digits as numbers; null when they do not fit. */
function codewords(prefix, digits) {
  let bits = "";
  const put = (value, count) => { bits += value.toString(2).padStart(count, "0"); };
  const bytes = utf8(prefix);
  if (bytes.length) {
    put(4, 4);
    put(bytes.length, 8);
    bytes.forEach((byte) => put(byte, 8));
  }
  put(1, 4);
  put(digits.length, 10);
  for (let i = 0; i < digits.length; i += 3) {
    const group = digits.slice(i, i + 3);
    put(Number(group), [0, 4, 7, 10][group.length]);
  }
  const capacity = 62 * 8;
  if (bits.length > capacity) return null;
  bits += "0".repeat(Math.min(4, capacity - bits.length));
  bits += "0".repeat((8 - (bits.length % 8)) % 8);
  const data = bits.match(/.{8}/g).map((byte) => parseInt(byte, 2));
  for (let pad = 0xec; data.length < 62; pad ^= 0xec ^ 0x11) data.push(pad);
  const blocks = [15, 15, 16, 16].map((size, i, sizes) => {
    const start = sizes.slice(0, i).reduce((a, b) => a + b, 0);
    return data.slice(start, start + size);
  });
  const checks = blocks.map((block) => correction(block, 18));
  const out = [];
  for (let i = 0; i < 16; i++) for (const block of blocks) if (i < block.length) out.push(block[i]);
  for (let i = 0; i < 18; i++) for (const check of checks) out.push(check[i]);
  return out;
}

const MASKS = [
  (r, c) => (r + c) % 2 === 0, (r) => r % 2 === 0, (r, c) => c % 3 === 0, (r, c) => (r + c) % 3 === 0,
  (r, c) => (Math.floor(r / 2) + Math.floor(c / 3)) % 2 === 0, (r, c) => ((r * c) % 2) + ((r * c) % 3) === 0,
  (r, c) => (((r * c) % 2) + ((r * c) % 3)) % 2 === 0, (r, c) => (((r + c) % 2) + ((r * c) % 3)) % 2 === 0,
];

/** How hard a symbol is to read, by the rules of ISO/IEC 18004, 7.8.3. */
function penalty(rows) {
  const size = rows.length;
  let sum = 0, dark = 0;
  const lines = [...rows, ...rows.map((_, c) => rows.map((row) => row[c]))];
  for (const line of lines) {
    const joined = line.map((cell) => (cell ? "1" : "0")).join("");
    for (const run of joined.match(/0+|1+/g)) if (run.length >= 5) sum += run.length - 2;
    for (let i = 0; i + 11 <= size; i++) {
      const part = joined.slice(i, i + 11);
      if (part === "10111010000" || part === "00001011101") sum += 40;
    }
  }
  for (let r = 0; r < size; r++) {
    for (let c = 0; c < size; c++) {
      dark += rows[r][c];
      if (r && c && rows[r][c] === rows[r - 1][c] && rows[r][c] === rows[r][c - 1] && rows[r][c] === rows[r - 1][c - 1]) sum += 3;
    }
  }
  return sum + 10 * Math.floor(Math.abs((dark * 20) / (size * size) - 10));
}

/** The rows of a symbol, 1 for dark; null when the text does not fit. */
function qrSymbol(prefix, digits) {
  const words = codewords(prefix, digits);
  if (!words) return null;
  const size = 37;
  const cells = Array.from({ length: size }, () => new Array(size).fill(null));
  const finder = (top, left) => {
    for (let r = -1; r <= 7; r++) {
      for (let c = -1; c <= 7; c++) {
        if (cells[top + r]?.[left + c] === undefined) continue;
        const ring = Math.max(Math.abs(r - 3), Math.abs(c - 3));
        cells[top + r][left + c] = ring === 2 || ring === 4 ? 0 : 1;
      }
    }
  };
  finder(0, 0);
  finder(0, size - 7);
  finder(size - 7, 0);
  for (let r = -2; r <= 2; r++) for (let c = -2; c <= 2; c++) cells[30 + r][30 + c] = Math.max(Math.abs(r), Math.abs(c)) === 1 ? 0 : 1;
  for (let i = 8; i < size - 8; i++) cells[6][i] = cells[i][6] = (i + 1) % 2;
  const format = [];
  for (let i = 0; i < 15; i++) {
    const near = i < 6 ? [i, 8] : i < 8 ? [i + 1, 8] : i === 8 ? [8, 7] : [8, 14 - i];
    const far = i < 8 ? [8, size - 1 - i] : [size - 15 + i, 8];
    format.push([near, far]);
    for (const [r, c] of [near, far]) cells[r][c] = 0;
  }
  cells[size - 8][8] = 1;
  const places = [];
  for (let right = size - 1, up = true; right > 0; right -= 2, up = !up) {
    if (right === 6) right = 5;
    for (let i = 0; i < size; i++) for (const c of [right, right - 1]) {
      const r = up ? size - 1 - i : i;
      if (cells[r][c] === null) places.push([r, c]);
    }
  }
  const bits = words.flatMap((word) => Array.from({ length: 8 }, (_, i) => (word >> (7 - i)) & 1));
  let best = null;
  MASKS.forEach((mask, number) => {
    const rows = cells.map((row) => row.slice());
    places.forEach(([r, c], i) => { rows[r][c] = (bits[i] || 0) ^ (mask(r, c) ? 1 : 0); });
    // Level Q is 3; the code is BCH(15, 5).
    const data = (3 << 3) | number;
    let rest = data << 10;
    for (let i = 14; i >= 10; i--) if (rest & (1 << i)) rest ^= 0x537 << (i - 10);
    const info = ((data << 10) | rest) ^ 0x5412;
    format.forEach((pair, i) => { for (const [r, c] of pair) rows[r][c] = (info >> i) & 1; });
    const cost = penalty(rows);
    if (!best || cost < best.cost) best = { cost, rows };
  });
  return best.rows;
}

export {
  agreePlain, bytesOfDigits, derive, digitsOfBytes, fromBase64URL, idText, newID, padded, phoneNumber, qrSymbol,
  readPoster, receipt, sealContact, sealHPKE, toBase64URL, venueText, verifyEd25519, verifyEd25519Plain,
  verifyPoster, x25519Plain,
};

// ---- The page ----

if (typeof document !== "undefined") start();

/** What is said, in Vietnamese and English. */
function say(key) {
  return {
    notCode: ["Đây không phải là mã điểm danh. Không có gì được gửi đi.", "This is not a check-in code. Nothing was sent."],
    notPoster: ["Mã này dành cho máy quét ở cửa, không phải cho điện thoại.", "This code is for the scanner at the door, not for phones."],
    notGenuine: ["Mã giả! Chữ ký không đúng. Hãy báo cho nhân viên. Không có gì được gửi đi.", "Forged code! Its signature is wrong. Tell the staff. Nothing was sent."],
    expired: ["Mã đã hết hạn hoặc chưa có hiệu lực. Hãy báo cho nhân viên.", "The code has expired or is not valid yet. Tell the staff."],
    noCode: ["Hãy quét mã QR ở cửa bằng máy ảnh của điện thoại.", "Scan the QR code at the door with your phone's camera."],
    insecure: ["Trang này cần kết nối an toàn (https).", "This page needs a secure connection (https)."],
    offline: ["Không có mạng. Hãy thử lại.", "No connection. Please try again."],
    refused: ["Máy chủ từ chối mã này. Hãy báo cho nhân viên.", "The server refused this code. Tell the staff."],
    busy: ["Máy chủ đang bận. Hãy thử lại sau ít giây.", "The server is busy. Try again in a few seconds."],
    badPhone: ["Số điện thoại không đúng.", "This is not a telephone number."],
    badName: ["Tên quá dài.", "The name is too long."],
    checkedIn: ["Đã điểm danh", "Checked in"],
    checkedOut: ["Đã ra về. Cảm ơn bạn!", "Checked out. Thank you!"],
    noContact: ["Đã điểm danh, nhưng chưa gửi được số điện thoại.", "Checked in, but the telephone number could not be sent."],
    moved: ["Chú ý: mã có tên khác với sổ đăng ký. Bạn có đang ở đúng nơi này không?", "Careful: the code's name differs from the register. Are you really here?"],
    checking: ["Đang kiểm tra mã…", "Checking the code…"],
    sending: ["Đang gửi…", "Sending…"],
  }[key] || [key, key];
}

async function start() {
  const at = (id) => document.getElementById(id);
  const KEPT = "checkin.visits";
  const KEPT_DAYS = 21;
  let offset = 0;
  let poster = null;
  let place = null;
  let contactKey = null;
  let visit = null;
  let timer = 0;

  const now = () => Date.now() / 1000 + offset;
  const show = (...ids) => {
    for (const id of ["checking", "venue", "receipt", "problem"]) at(id).hidden = !ids.includes(id);
  };
  const tell = (id, key) => {
    const [vi, en] = say(key);
    const parent = at(id);
    parent.replaceChildren();
    for (const [lang, words] of [["vi", vi], ["en", en]]) {
      const line = document.createElement(lang === "vi" ? "strong" : "span");
      line.lang = lang;
      line.textContent = words;
      parent.append(line);
    }
  };
  const refuse = (key) => {
    tell("problem-text", key);
    show("problem");
    at("problem-text").focus();
  };
  const visits = () => {
    try {
      const kept = JSON.parse(localStorage.getItem(KEPT) || "[]");
      return kept.filter((each) => each.at > Date.now() / 1000 - KEPT_DAYS * 86400);
    } catch {
      return [];
    }
  };
  const keepAll = (all) => {
    try {
      localStorage.setItem(KEPT, JSON.stringify(all));
    } catch {
      // A browser that keeps nothing still shows the receipt until the page is closed.
    }
  };
  const keep = (changed) => keepAll([...visits().filter((each) => each.id !== changed.id), changed]);
  const purge = () => {
    try {
      if (localStorage.getItem(KEPT)) keepAll(visits());
    } catch {
      // A browser that shows a page nothing of its disk keeps nothing there.
    }
  };
  const drop = (gone) => keepAll(visits().filter((each) => each.id !== gone.id));
  const ask = async (path, body) => {
    let answer;
    try {
      answer = await fetch(path, {
        method: body ? "POST" : "GET", credentials: "omit", referrerPolicy: "no-referrer", cache: "no-store",
        headers: body ? { "Content-Type": "application/json" } : {}, body: body ? JSON.stringify(body) : undefined,
      });
    } catch {
      throw "offline";
    }
    const date = Date.parse(answer.headers.get("Date") || "");
    if (date) offset = date / 1000 - Date.now() / 1000;
    if (answer.status === 429 || answer.status >= 500) throw "busy";
    if (!answer.ok) throw "refused";
    return answer.status === 204 ? {} : answer.json();
  };

  function showPlace() {
    at("name").textContent = poster.name || place?.name || venueText(poster.venue);
    at("district").textContent = [place?.zone, place?.address, place?.district].filter(Boolean).join(", ");
    at("venue-id").textContent = venueText(poster.venue).replace(/^(.{4})(.{4})/, "$1 $2 ");
    at("moved").hidden = !(poster.name && place?.signed_name && poster.name !== place.signed_name);
    if (!at("moved").hidden) tell("moved", "moved");
    at("contact").hidden = !contactKey;
    show("venue");
    at("name").focus();
  }

  async function checkIn(event) {
    event.preventDefault();
    const typed = at("phone").value.trim();
    const phone = typed ? phoneNumber(typed) : null;
    const called = at("called").value.trim();
    at("phone").setAttribute("aria-invalid", String(Boolean(typed && !phone)));
    if (typed && !phone) { tell("form-note", "badPhone"); at("phone").focus(); return; }
    if (utf8(called).length > 96) { tell("form-note", "badName"); at("called").focus(); return; }
    at("check-in").disabled = true;
    tell("form-note", "sending");
    try {
      // One whose answer was lost may have arrived: it is sent again as it was, and is stored once.
      visit = visits().filter((each) => !each.sent && each.code === poster.digits && each.at > now() - 3600)
        .sort((a, b) => b.at - a.at)[0];
      if (!visit) {
        const time = now();
        visit = {
          id: idText(newID(time * 1000)), secret: toBase64URL(crypto.getRandomValues(new Uint8Array(32))),
          venue: toBase64URL(poster.venue), zone: poster.zone, name: at("name").textContent, at: time,
          scanned_at: moment(time), out: null, sent: false, code: poster.digits,
        };
        // Before it is sent, so that a check-in that arrived is never forgotten.
        keep(visit);
      }
      const { pseudonym } = await derive(fromBase64URL(visit.secret));
      const id = bytesOfID(visit.id);
      try {
        const body = {
          id: visit.id, code: poster.digits, direction: "in", check_in: toBase64URL(pseudonym),
          scanned_at: visit.scanned_at,
        };
        // What is genuine and does not count gets no tick.
        if (!(await ask("/checkins", body)).counts) throw "refused";
      } catch (word) {
        if (word === "refused") drop(visit);
        throw word;
      }
      visit.sent = true;
      keep(visit);
      let note = "checkedIn";
      if (phone && contactKey) {
        // Sent by itself, and equally long for everybody; what fails here does not undo the tick.
        try {
          const box = await sealContact(contactKey, poster.venue, id, phone, called);
          await ask(`/checkins/${visit.id}/contact`, { venue: venueText(poster.venue), contact: box });
        } catch {
          note = "noContact";
        }
      }
      at("phone").value = at("called").value = "";
      showReceipt(note);
    } catch (word) {
      tell("form-note", typeof word === "string" ? word : "refused");
      at("check-in").disabled = false;
    }
  }

  async function checkOut() {
    at("check-out").disabled = true;
    try {
      const { proof } = await derive(fromBase64URL(visit.secret));
      // What is sent again says the same.
      visit.leaving = visit.leaving || { id: idText(newID(now() * 1000)), scanned_at: moment(now()) };
      keep(visit);
      await ask("/checkins", {
        ...visit.leaving, code: visit.code, direction: "out", proof: toBase64URL(proof),
      });
      visit.out = now();
      keep(visit);
      clearInterval(timer);
      at("qr").replaceChildren();
      at("check-out").hidden = true;
      tell("tick", "checkedOut");
      at("tick").focus();
    } catch (word) {
      tell("receipt-note", typeof word === "string" ? word : "refused");
      at("check-out").disabled = false;
    }
  }

  function showReceipt(note) {
    at("receipt-name").textContent = visit.name;
    at("receipt-time").textContent = new Date(visit.at * 1000).toLocaleTimeString("vi-VN", { hour: "2-digit", minute: "2-digit" });
    at("check-out").hidden = Boolean(visit.out);
    at("check-out").disabled = false;
    tell("tick", visit.out ? "checkedOut" : note);
    at("receipt-note").replaceChildren();
    show("receipt");
    at("tick").focus();
    if (visit.out) return;
    let step = -1;
    const draw = async () => {
      const seconds = now();
      const left = 30 - Math.floor(seconds) % 30;
      at("left").style.setProperty("--left", String(left / 30));
      if (Math.floor(seconds / 30) === step) return;
      step = Math.floor(seconds / 30);
      const bytes = await receipt(fromBase64URL(visit.secret), fromBase64URL(visit.venue), visit.zone, seconds);
      const digits = digitsOfBytes(bytes);
      const rows = qrSymbol(location.origin + location.pathname.replace(/\/(c|receipt)$/, "/") + "#", digits) || qrSymbol("", digits);
      const path = rows.flatMap((row, y) => row.map((cell, x) => (cell ? `M${x + 4} ${y + 4}h1v1h-1z` : ""))).join("");
      const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      svg.setAttribute("viewBox", "0 0 45 45");
      svg.setAttribute("shape-rendering", "crispEdges");
      const drawn = document.createElementNS("http://www.w3.org/2000/svg", "path");
      drawn.setAttribute("d", path);
      svg.append(drawn);
      at("qr").replaceChildren(svg);
      at("qr").dataset.code = digits;
    };
    clearInterval(timer);
    timer = setInterval(draw, 1000);
    draw();
  }

  async function open() {
    clearInterval(timer);
    // What is older than it is kept goes from the phone's disk, too.
    purge();
    poster = place = visit = null;
    const digits = location.hash.slice(1);
    at("form-note").replaceChildren();
    at("check-in").disabled = false;
    if (!globalThis.crypto?.subtle) return refuse("insecure");
    if (!digits) {
      const last = visits().filter((each) => each.sent).sort((a, b) => b.at - a.at)[0];
      if (!last) return refuse("noCode");
      visit = last;
      return showReceipt("checkedIn");
    }
    tell("checking-text", "checking");
    show("checking");
    try {
      const read = readPoster(digits);
      await verifyPoster(read, await ask("/keys"), now());
      poster = read;
    } catch (word) {
      return refuse(typeof word === "string" ? word : "notCode");
    }
    // A phone that is in already is asked whether it goes.
    const inside = visits().filter((each) => each.sent && !each.out && each.code === digits && each.at > now() - 86400)
      .sort((a, b) => b.at - a.at)[0];
    if (inside) {
      visit = inside;
      return showReceipt("checkedIn");
    }
    try {
      const known = await ask(`/places/${venueText(poster.venue)}?zone=${poster.zone}`);
      place = known.place;
      contactKey = known.contact_key;
    } catch (word) {
      if (word === "refused") return refuse("refused");
    }
    showPlace();
  }

  at("form").addEventListener("submit", checkIn);
  at("check-out").addEventListener("click", checkOut);
  addEventListener("hashchange", open);
  open();
}
