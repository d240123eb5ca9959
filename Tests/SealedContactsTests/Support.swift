import Foundation
import Testing
import VenueCodes

struct BadHexadecimal: Error {}

/// Returns the bytes of a hexadecimal text.
func bytes(hexadecimal text: String) throws -> [UInt8] {
  let digits = text.compactMap { $0.hexDigitValue.map { UInt8($0) } }
  guard digits.count == text.count, digits.count % 2 == 0 else { throw BadHexadecimal() }
  return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

/// Returns bytes as hexadecimal text.
func hexadecimal(_ bytes: [UInt8]) -> String {
  bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

/// Returns the bytes of a fixture.
func fixture(_ name: String) throws -> Data {
  try Data(contentsOf: Bundle.module.bundleURL.appendingPathComponent("Fixtures/\(name)"))
}

/// Returns the private key of 32 bytes.
func privateKey(_ bytes: [UInt8]) throws -> X25519.PrivateKey {
  try X25519.PrivateKey(rawRepresentation: SecretBytes(copying: bytes.span))
}
