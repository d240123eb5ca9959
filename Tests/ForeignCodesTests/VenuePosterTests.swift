import ForeignCodes
import Foundation
import Testing

@Suite("NZ COVID Tracer posters") struct NewZealandPosterTests {
  @Test("Every published code is read, also padded and as a link")
  func published() throws {
    let rows = try #require(try fixture("nz.json")["valid"] as? [[String: Any]])
    #expect(rows.count == 4)
    for row in rows {
      let text = try #require(row["qr"] as? String)
      guard case .newZealand(let poster)? = try ForeignCode(recognizing: text) else {
        Issue.record("\(text) is not read")
        continue
      }
      guard let decoded = row["decoded"] as? [String: String] else { continue }
      #expect(poster.locationNumber == decoded["gln"])
      #expect(poster.name == decoded["opn"])
      #expect(poster.address == decoded["adr"])
    }
  }

  @Test("Published texts that are no codes are addresses and nothing more")
  func addresses() throws {
    let texts = try #require(try fixture("nz.json")["invalid"] as? [String])
    #expect(texts.count == 2)
    for text in texts { #expect(try ForeignCode(recognizing: text)?.format == .address) }
  }

  @Test("Alerts name a place by the SHA-384 of its number")
  func alertDigests() throws {
    let rows = try #require(try fixture("nz.json")["glnHash"] as? [[String: String]])
    #expect(rows.count == 2)
    for row in rows {
      let number = try #require(row["gln"])
      let content = #"{"gln":"\#(number)","ver":"c19:1","typ":"entry","opn":"x","adr":"y"}"#
      guard
        case .newZealand(let poster)? = try ForeignCode(
          recognizing: "NZCOVIDTRACER:" + base64(content))
      else {
        Issue.record("it is not read")
        continue
      }
      #expect(poster.alertDigest.map { Data($0).base64EncodedString() } == row["hash"])
      #expect(ForeignCode.newZealand(poster).alias == "nz:\(number)")
    }
  }

  static let broken: [Named<(String, ForeignCodeError.Fault)>] = {
    func code(_ content: String) -> String { base64(content) }
    return [
      Named("nothing", ("", .badJSON)),
      Named("foo, which is base64 too", ("foo", .badJSON)),
      Named("five letters", ("foooo", .badEncoding)),
      Named("base64 for addresses", ("eyJhIjoi_-8ifQ", .badEncoding)),
      Named("padding of three", (code(#"{"gln":"1"}"#) + "===", .badEncoding)),
      Named(
        "another version",
        (code(#"{"gln":"1","ver":"c19:2","typ":"entry","opn":"x","adr":"y"}"#), .unknownVersion)),
      Named(
        "an exit",
        (code(#"{"gln":"1","ver":"c19:1","typ":"exit","opn":"x","adr":"y"}"#), .unknownVersion)),
      Named("no number", (code(#"{"ver":"c19:1","typ":"entry","opn":"x","adr":"y"}"#), .badJSON)),
      Named(
        "a number with a bar",
        (code(#"{"gln":"1|2","ver":"c19:1","typ":"entry","opn":"x","adr":"y"}"#), .badIdentifier)),
      Named(
        "an empty name",
        (code(#"{"gln":"1","ver":"c19:1","typ":"entry","opn":"","adr":"y"}"#), .badName)),
      Named(
        "a number for the name",
        (code(#"{"gln":"1","ver":"c19:1","typ":"entry","opn":1,"adr":"y"}"#), .badJSON)),
    ]
  }()

  @Test("What is no code is refused for what is wrong", arguments: broken)
  func refused(row: Named<(String, ForeignCodeError.Fault)>) {
    #expect(fault("NZCOVIDTRACER:" + row.value.0) == row.value.1)
  }
}

@Suite("LeaveHomeSafe codes") struct LeaveHomeSafePosterTests {
  @Test("A18: a code with a key-less hash is read and named")
  func published() throws {
    let rows = try #require(try fixture("leavehomesafe.json")["codes"] as? [[String: Any]])
    #expect(rows.count == 2)
    for row in rows {
      let text = try #require(row["qr"] as? String)
      let decoded = try #require(row["decoded"] as? [String: Any])
      let code = try #require(try ForeignCode(recognizing: text))
      guard case .leaveHomeSafe(let poster) = code else {
        Issue.record("\(text) is not read")
        continue
      }
      #expect(poster.id == row["venueId"] as? String)
      #expect(poster.name == decoded["nameEn"] as? String)
      #expect(poster.chineseName == decoded["nameZh"] as? String)
      #expect(poster.type == decoded["type"] as? String)
      #expect(code.alias == "lhs:\(poster.id)")
    }
  }

  static let broken: [Named<(String, ForeignCodeError.Fault)>] = [
    Named("nothing", ("", .malformed)),
    Named("another version", ("1gxr8l5A6", .unknownVersion)),
    Named("an id of seven", ("0gxr8l5A", .badIdentifier)),
    Named("an id with a sign", ("0gxr8l5A|", .badIdentifier)),
    Named("no content", ("0gxr8l5A6", .badJSON)),
    Named("content that is no base64", ("0gxr8l5A6*", .badEncoding)),
    Named(
      "no name", ("0gxr8l5A6" + base64(#"{"nameZh":"","nameEn":"","type":"x"}"#), .badName)),
  ]

  @Test("What is no code is refused for what is wrong", arguments: broken)
  func refused(row: Named<(String, ForeignCodeError.Fault)>) {
    #expect(fault("HKEN:" + row.value.0) == row.value.1)
  }
}

@Suite("Cléa codes") struct CleaPosterTests {
  @Test("The published codes are read as far as they are in clear")
  func published() throws {
    guard let file = try shared("clea/testLSPDecoding.csv") else { return }
    let rows = String(decoding: file, as: UTF8.self).split(separator: "\n").dropFirst()
    #expect(rows.count == 10)
    for row in rows {
      let cells = row.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
      let payload = try #require(cells.last)
      for text in ["https://tac.gouv.fr#\(payload)", "https://TAC.gouv.fr/?v=0#\(payload)"] {
        let code = try #require(try ForeignCode(recognizing: text))
        guard case .clea(let poster) = code else {
          Issue.record("\(text) is not read")
          continue
        }
        #expect(poster.version == 0 && poster.type == 0)
        #expect(poster.temporaryIDText == cells[1])
        #expect(poster.hasContact == (payload.count > 200))
        #expect(code.alias == "clea:\(cells[1])")
      }
    }
  }

  static let code = base64URL([0b0000_0100] + Array(0..<109))

  @Test("The header and the temporary id stand where the protocol has them")
  func header() throws {
    guard case .clea(let poster)? = try ForeignCode(recognizing: "https://tac.gouv.fr#\(Self.code)")
    else {
      Issue.record("it is not read")
      return
    }
    #expect(poster.type == 1 && poster.version == 0 && !poster.hasContact)
    #expect(poster.temporaryIDText == "00010203-0405-0607-0809-0a0b0c0d0e0f")
  }

  static let broken: [Named<(String, ForeignCodeError.Fault)>] = [
    Named("nothing behind #", ("#", .malformed)),
    Named("no #", ("/\(code)", .malformed)),
    Named("a byte less", ("#" + base64URL(Array(repeating: 0, count: 109)), .malformed)),
    Named("a byte more", ("#" + base64URL(Array(repeating: 0, count: 176)), .malformed)),
    Named("a later version", ("#" + base64URL([0x20] + Array(0..<109)), .unknownVersion)),
    Named("a later address", ("?v=1#\(code)", .unknownVersion)),
    Named("a letter more", ("#\(code)A", .malformed)),
    Named("a sign", ("#\(code)+", .badEncoding)),
    Named("1,000 bytes", ("#" + String(repeating: "A", count: 1_000), .tooLong)),
  ]

  @Test("What is no code is refused for what is wrong", arguments: broken)
  func refused(row: Named<(String, ForeignCodeError.Fault)>) {
    #expect(fault("https://tac.gouv.fr" + row.value.0) == row.value.1)
  }
}
