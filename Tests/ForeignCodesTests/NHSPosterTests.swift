import ForeignCodes
import Foundation
import Testing

@Suite("NHS posters") struct NHSPosterTests {
  struct Vector: CustomTestStringConvertible, Sendable {
    let id: String
    let text: String
    var testDescription: String { id }
  }

  static func vectors() throws -> [Vector] {
    let rows = try #require(try fixture("nhs.json")["decoder"] as? [[String: String]])
    return try rows.map { Vector(id: try #require($0["id"]), text: try #require($0["qr"])) }
  }

  /// The key of the app's own tests, as the fixture has it.
  static func testKeys() throws -> [String: [UInt8]] {
    let key = try #require(try fixture("nhs.json")["testKey"] as? [String: String])
    let id = try #require(key["kid"])
    let text = try #require(key["spkiBase64"])
    let bytes = try #require(Data(base64Encoded: text))
    return [id: Array(bytes)]
  }

  /// What each vector comes to here; nil is read, with that status of its signature.
  static let outcomes: [String: (fault: ForeignCodeError.Fault?, signature: String?)] = [
    "valid": (nil, "valid"), "valid-android-sig": (nil, "valid"), "valid-postcode": (nil, "valid"),
    "wrong-kid": (nil, "unknown-key"), "bad-signature": (nil, "invalid"),
    "future-version": (.unknownVersion, nil), "redundant-segment": (.malformed, nil),
    "version-0": (.unknownVersion, nil), "version-empty": (.malformed, nil),
    "version-Z": (.unknownVersion, nil), "no-version": (.malformed, nil),
    "missing-signature": (.badSignature, nil), "non-base64": (.malformed, nil),
    "alg-none-with-sig": (.badAlgorithm, nil), "alg-none-no-sig": (.badAlgorithm, nil),
    "wrong-prefix": (nil, nil), "no-prefix": (nil, nil),
  ]

  @Test("A19, A39: every published vector is read or refused as it should be")
  func vectorsComeOut() throws {
    let keys = try Self.testKeys()
    let vectors = try Self.vectors()
    #expect(vectors.count == 17)
    var wrong: [String] = []
    for vector in vectors {
      let expected = try #require(Self.outcomes[vector.id])
      var found: (fault: ForeignCodeError.Fault?, signature: String?) = (nil, nil)
      do throws(ForeignCodeError) {
        if case .nhs(let poster)? = try ForeignCode(recognizing: vector.text) {
          found.signature = poster.signatureStatus(keys: keys).rawValue
        }
      } catch {
        found.fault = error.fault
      }
      if found != expected { wrong.append("\(vector.id): \(found)") }
    }
    #expect(wrong == [])
  }

  @Test("A poster says its id, name and postcode")
  func fields() throws {
    let vectors = try Self.vectors()
    let text = try #require(vectors.first { $0.id == "valid-postcode" }?.text)
    let code = try #require(try ForeignCode(recognizing: text))
    guard case .nhs(let poster) = code else {
      Issue.record("it is no NHS poster")
      return
    }
    #expect(poster.id == "4WT59M5Y")
    #expect(poster.name == "Government Office Of Human Resources")
    #expect(poster.postcode == "CM1")
    #expect(code.alias == "nhs:4WT59M5Y")
    #expect(poster.signatureStatus() == .unknownKey)
  }

  @Test("A name changed after signing makes the signature invalid")
  func forgery() throws {
    let text = try #require(try Self.vectors().first { $0.id == "valid" }?.text)
    let parts = text.split(separator: ".")
    let claims = base64URL(Array(#"{"id":"4WT59M5Y","opn":"Elsewhere"}"#.utf8))
    let forged = "\(parts[0]).\(claims).\(parts[2])"
    guard case .nhs(let poster)? = try ForeignCode(recognizing: forged) else {
      Issue.record("it is no NHS poster")
      return
    }
    #expect(poster.name == "Elsewhere")
    #expect(poster.signatureStatus(keys: try Self.testKeys()) == .invalid)
  }

  @Test("A signature is checked under keys of P-256 only")
  func keys() throws {
    let text = try #require(try Self.vectors().first { $0.id == "valid" }?.text)
    guard case .nhs(let poster)? = try ForeignCode(recognizing: text) else {
      Issue.record("it is no NHS poster")
      return
    }
    let key = try #require(try Self.testKeys()["3"])
    var offCurve = key
    offCurve[90] ^= 1
    let bad = [[], Array(key.dropLast()), key + [0], Array(repeating: 0, count: 91), offCurve]
    #expect(
      bad.map { poster.signatureStatus(keys: ["3": $0]) == .invalid } == bad.map { _ in true })
    let published = try #require(
      (try fixture("nhs.json")["productionKey"] as? [String: String])?["spkiBase64"])
    let publishedBytes = try #require(Data(base64Encoded: published))
    #expect(Array(NHSPoster.publishedKeys.values) == [Array(publishedBytes)])
  }

  static let broken: [Named<(String, ForeignCodeError.Fault)>] = {
    func poster(_ header: String, _ claims: String, signature: Int = 64) -> String {
      [Array(header.utf8), Array(claims.utf8), Array(repeating: 1, count: signature)].map(base64URL)
        .joined(separator: ".")
    }
    let header = #"{"alg":"ES256","kid":"3"}"#
    let claims = #"{"id":"A","opn":"B"}"#
    return [
      Named("a signature of 63 bytes", (poster(header, claims, signature: 63), .badSignature)),
      Named("a signature of 65 bytes", (poster(header, claims, signature: 65), .badSignature)),
      Named("another algorithm", (poster(#"{"alg":"HS256","kid":"3"}"#, claims), .badAlgorithm)),
      Named("no key id", (poster(#"{"alg":"ES256"}"#, claims), .badJSON)),
      Named("an array for the header", (poster("[]", claims), .badJSON)),
      Named("an id with a space", (poster(header, #"{"id":"A B","opn":"B"}"#), .badIdentifier)),
      Named("no id", (poster(header, #"{"opn":"B"}"#), .badJSON)),
      Named("an empty name", (poster(header, #"{"id":"A","opn":""}"#), .badName)),
      Named("four parts", (poster(header, claims) + ".x", .malformed)),
      Named("padding", (poster(header, claims) + "=", .badEncoding)),
      Named("3,000 bytes", (String(repeating: "x", count: 3_000), .tooLong)),
    ]
  }()

  @Test("What is no poster is refused for what is wrong", arguments: broken)
  func refused(row: Named<(String, ForeignCodeError.Fault)>) {
    #expect(fault("UKC19TRACING:1:" + row.value.0) == row.value.1)
  }
}
