import Foundation
import TestSupport
import Testing
import VenueCodes

extension SeededGenerator {
  mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
  }
}

struct BadHexadecimal: Error {}

/// Returns the bytes of a hexadecimal text.
func bytes(hexadecimal text: String) throws -> [UInt8] {
  var digits: [UInt8] = []
  for character in text {
    guard let digit = character.hexDigitValue else { throw BadHexadecimal() }
    digits.append(UInt8(digit))
  }
  guard digits.count % 2 == 0 else { throw BadHexadecimal() }
  return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

/// Returns bytes as hexadecimal text.
func hexadecimal(_ bytes: [UInt8]) -> String {
  bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

/// Returns two halves of a digest as hexadecimal text.
func hexadecimal(_ halves: (high: UInt64, low: UInt64)) -> String {
  [halves.high, halves.low].map { half in
    let text = String(half, radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
  }.joined()
}

/// Returns the bytes of a fixture.
func fixture(_ name: String) throws -> Data {
  try Data(contentsOf: Bundle.module.bundleURL.appendingPathComponent("Fixtures/\(name)"))
}

/// Returns the signing key of a seed.
func signingKey(seed: [UInt8]) throws -> Ed25519.SigningKey {
  try Ed25519.SigningKey(seed: SecretBytes(copying: seed.span))
}

/// Returns the signing key whose seed is 0, 1, 2, …, 31: the one of the golden codes.
func goldenKey() throws -> Ed25519.SigningKey {
  try signingKey(seed: Array(0..<32))
}

/// Returns the error of a type that a closure throws, or nil when it throws nothing.
///
/// An error of another type is a failure of the test.
func failure<Failure: Error, Result>(_ type: Failure.Type, _ body: () throws -> Result) -> Failure?
{
  do {
    _ = try body()
  } catch let error as Failure {
    return error
  } catch {
    Issue.record(error)
  }
  return nil
}

/// Returns a well-formed random token.
func randomToken(using generator: inout SeededGenerator) throws -> VenueToken {
  let names = [
    nil, "A", "Khách sạn Hải Âu", "Chợ Tam Bạc — cổng số 2", "海防市场", "Bến phà Đình Vũ 🚢",
    String(repeating: "x", count: 41),
  ]
  return try VenueToken(
    kind: PosterKind.allCases.randomElement(using: &generator) ?? .inAndOut,
    keyID: .random(in: 0...255, using: &generator), venue: .random(using: &generator),
    zone: .random(in: 0...255, using: &generator),
    firstDay: LocalDay(daysSince2020: .random(in: 0...65_535, using: &generator)),
    weeksValid: .random(in: 0...255, using: &generator),
    category: .random(in: 0...255, using: &generator),
    defaultStay: .random(in: 0...255, using: &generator),
    serial: .random(in: 0...255, using: &generator),
    name: names.randomElement(using: &generator) ?? nil)
}
