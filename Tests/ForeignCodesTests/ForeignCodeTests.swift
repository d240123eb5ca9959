import ForeignCodes
import Foundation
import TestSupport
import Testing

@Suite("Telling foreign codes apart") struct ForeignCodeTests {
  @Test(
    "A16: an address is an address, whatever it is of",
    arguments: [
      "https://evil.example/checkin#0123", "http://127.0.0.1/", "HTTPS://QR.HAIPHONG.EVIL/#1",
      "ftp://x", "www.example.org", "javascript://%0aalert(1)", "intent://scan/#Intent;end",
    ])
  func addresses(text: String) throws {
    let code = try #require(try ForeignCode(recognizing: text))
    #expect(code.format == .address)
    #expect(code.venueName == nil)
  }

  @Test("An address is kept as an alias only when it is plain and short")
  func addressAliases() throws {
    let plain = "https://qr.tokhaiyte.vn/ABC"
    #expect(try ForeignCode(recognizing: plain)?.alias == plain)
    for odd in ["https://x/a|b", "https://x/é", "https://x/" + String(repeating: "a", count: 191)] {
      let code = try #require(try ForeignCode(recognizing: odd))
      #expect(code.format == .address && code.alias == nil, "\(odd)")
    }
  }

  @Test(
    "What is of no format is of none",
    arguments: ["", "C4C6BHFZC", "0123456789", "chợ", "abc:def", "://x", "nz:7000000243950"])
  func none(text: String) throws {
    #expect(try ForeignCode(recognizing: text) == nil)
  }

  @Test("Random bytes behind each prefix never trap, and name no other format than the prefix's")
  func randomBytes() throws {
    let seed = UInt64.random(in: .min ... .max)
    var generator = SeededGenerator(seed: seed)
    let prefixes: [(String, Set<ForeignFormat>)] = [
      ("UKC19TRACING:1:", [.nhs]), ("NZCOVIDTRACER:", [.newZealand]), ("HKEN:0", [.leaveHomeSafe]),
      ("https://e.coronawarn.app?v=1#", [.coronaWarnApp]), ("https://tac.gouv.fr#", [.clea]),
      ("https://qr.notify-me.ch?v=3#", [.crowdNotifier]),
      ("https://qr.pccovid.gov.vn/", [.pcCovid, .address]),
      ("001090123456|", [.citizenCard, .personalCode]),
    ]
    for _ in 0..<TestEnvironment.propertyRuns(default: 2_000) {
      let (prefix, formats) = prefixes[Int.random(in: prefixes.indices, using: &generator)]
      var bytes = Array(prefix.utf8)
      for _ in 0..<Int.random(in: 0...60, using: &generator) {
        bytes.append(UInt8(truncatingIfNeeded: generator.next()) & 0x7F)
      }
      do throws(ForeignCodeError) {
        let code = try ForeignCode(recognizing: bytes.span)
        #expect(code.map { formats.contains($0.format) } ?? true, "seed \(seed)")
      } catch {
        #expect(formats.contains(error.format), "seed \(seed)")
      }
    }
  }

  @Test("An error says what is wrong in a sentence and in a word of its own")
  func errors() {
    let all = ForeignCodeError.Fault.allCases.map { ForeignCodeError(.nhs, $0) }
    #expect(Set(all.map(\.code)).count == all.count)
    #expect(Set(all.map { "\($0)" }).count == all.count)
  }
}
