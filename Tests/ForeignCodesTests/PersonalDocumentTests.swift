import ForeignCodes
import Foundation
import Testing
import VenueCodes

@Suite("Vietnam's documents") struct PersonalDocumentTests {
  private static func sample(_ name: String) throws -> String {
    let row = try #require(try fixture("vietnam.json")[name] as? [String: Any])
    return try #require(row["qr"] as? String)
  }

  private static func document(_ text: String) throws -> PersonalDocument? {
    guard case .document(let document)? = try ForeignCode(recognizing: text) else { return nil }
    return document
  }

  @Test("A citizen card is read")
  func citizenCard() throws {
    let card = try #require(try Self.document(Self.sample("cccd")))
    #expect(card.format == .citizenCard)
    #expect(card.identity.canonicalText == "cccd:001090123456")
    #expect(card.identity.maskedNumber == "******123456")
    #expect(card.name == "NGUYEN VAN A")
    #expect(card.birthDay?.description == "1990-01-01")
    #expect(card.earlierNumber == "012345678")
    #expect(card.address == "Phường Bến Nghé, Quận 1, TP. Hồ Chí Minh")
  }

  @Test("A personal code is read")
  func personalCode() throws {
    let code = try #require(try Self.document(Self.sample("personalQRv1_1")))
    #expect(code.format == .personalCode)
    #expect(code.identity.canonicalText == "cccd:001093029317")
    #expect(code.birthDay?.description == "1987-01-18")
  }

  @Test("The code of a place of PC-Covid is read, in any case")
  func pcCovid() throws {
    let text = try Self.sample("pcCovidVenue")
    #expect(try ForeignCode(recognizing: text)?.alias == "pccovid:ksvrbm")
    #expect(
      try ForeignCode(recognizing: "HTTPS://QR.PCCOVID.GOV.VN/KsVrBm")?.alias == "pccovid:ksvrbm")
    for other in ["ksvrb", "ksvrbmx", "ksvrb1", "ksvrbm/", "ksvrbm?x", ""] {
      let code = try ForeignCode(recognizing: "https://qr.pccovid.gov.vn/" + other)
      #expect(code?.format == .address, "\(other)")
    }
  }

  private static func hex(_ text: String) -> String {
    text.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined()
  }

  @Test("A health insurance card is read, its name and address out of hexadecimal")
  func insuranceCard() throws {
    let name = try #require(
      (try fixture("vietnam.json")["bhyt"] as? [String: Any])?["exampleHexName"] as? String)
    let address = Self.hex("Lê Chân, Hải Phòng")
    let rest = "|1|\(address)|31 - 001|01/01/2021|31/12/2021|31001|-|4|01/01/2025|x$"
    for (number, born) in [("GD4310123456789", "18/01/1987"), ("0123456789", "1987")] {
      let card = try #require(try Self.document("\(number)|\(name)|\(born)\(rest)"))
      #expect(card.format == .insuranceCard)
      #expect(card.identity.canonicalText == "bhyt:0123456789")
      #expect(card.identity.maskedNumber == "******6789")
      #expect(card.name == "Nguyễn Văn A")
      #expect(card.address == "Lê Chân, Hải Phòng")
      #expect(card.birthDay?.description == (born.count == 4 ? nil : "1987-01-18"))
    }
  }

  @Test("A card and a personal code of one number are one person, whatever else differs")
  func oneNumberOnePerson() throws {
    let card = try #require(try Self.document(Self.sample("cccd")))
    let texts = [
      "001090123456||NGUYEN VAN A|01011990|Nam||15042021",
      "001090123456|012345678|NGUYỄN VĂN B|02021990|Nữ|Nơi khác|15042022|||",
      "001090123456|001090123456|NGUYEN VAN A|01011990|Nam||15042021",
      "001090123456|NGUYEN VAN A|1990-01-01|0|16297938858617|",
    ]
    for text in texts {
      #expect(try Self.document(text)?.identity == card.identity, "\(text)")
    }
    #expect(try Self.document(texts[0])?.earlierNumber == nil)
  }

  @Test("A code declared for another, or without a document, is known by its own number")
  func declaredForAnother() throws {
    let other = "001090123456|NGUYEN VAN A|1990-01-01|1|16297938858617|"
    #expect(try Self.document(other)?.identity.canonicalText == "qid:16297938858617")
    let none = "|NGUYEN VAN A|1990-01-01|0|16297938858617|"
    #expect(try Self.document(none)?.identity.canonicalText == "qid:16297938858617")
    let old = "012345678|NGUYEN VAN A|1990-01-01|0|16297938858617|"
    #expect(try Self.document(old)?.identity.canonicalText == "cmnd:012345678")
    let passport = "c1234567|NGUYEN VAN A|1990-01-01|0|16297938858617|"
    #expect(try Self.document(passport)?.identity.canonicalText == "paper:C1234567")
  }

  @Test("A name in form D comes out in form C")
  func normalization() throws {
    let name = "NGUYỄN VĂN Ả"
    let text =
      "001090123456||\(name.decomposedStringWithCanonicalMapping)|01011990|Nam|Hải Phòng|15042021"
    let card = try #require(try Self.document(text))
    #expect(Array(card.name.utf8) == Array(name.precomposedStringWithCanonicalMapping.utf8))
  }

  static let broken: [Named<(String, ForeignCodeError.Fault)>] = [
    Named("cut after the name", ("001090123456||NGUYEN VAN A|01011990", .malformed)),
    Named("30 February", ("001090123456||A|30021990|Nam|x|15042021", .badDate)),
    Named("a short date", ("001090123456||A|0101199|Nam|x|15042021", .badDate)),
    Named("no issue date", ("001090123456||A|01011990|Nam|x|", .badDate)),
    Named(
      "an old number of eight", ("001090123456|01234567|A|01011990|Nam|x|15042021", .badNumber)),
    Named("no name", ("001090123456|||01011990|Nam|x|15042021", .badName)),
    Named("a control character", ("001090123456||A\u{1}|01011990|Nam|x|15042021", .badName)),
    Named(
      "an endless address",
      ("001090123456||A|01011990|Nam|\(String(repeating: "x", count: 1_100))|15042021", .tooLong)),
    Named("a code without a number", ("001090123456|A|1990-01-01|0||", .badNumber)),
    Named("a code of kind 7", ("001090123456|A|1990-01-01|7|1|", .malformed)),
    Named("a code's date that is none", ("001090123456|A|1990-13-01|0|1|", .badDate)),
    Named("a code's document that is none", ("12|A|1990-01-01|0|1|", .badNumber)),
    Named("insurance without an end", ("0123456789|4E67|1987|1|4E67", .malformed)),
    Named("insurance with a bad address", ("0123456789|4E67|1987|1|4E6|x|y|z", .badAddress)),
    Named("insurance of no sex", ("0123456789|4E67|1987|3|4E67|x|y|z", .malformed)),
    Named("insurance of no year", ("0123456789|4E67|87|1|4E67|x|y|z", .badDate)),
    Named(
      "insurance with a name that is no UTF-8", ("0123456789|FFFE|1987|1|4E67|x|y|z", .badName)),
  ]

  @Test("A damaged document is refused, and not taken for a pass", arguments: broken)
  func refused(row: Named<(String, ForeignCodeError.Fault)>) {
    #expect(fault(row.value.0) == row.value.1)
  }

  @Test(
    "What is no document is none", arguments: ["a|b|c|d|e|f", "0912345678", "|||||||", "1|2|3"])
  func none(text: String) throws {
    #expect(try ForeignCode(recognizing: text) == nil)
  }

  @Test("Neither a document, its number nor an error prints anything of it")
  func redacted() throws {
    let text = try Self.sample("cccd")
    let card = try #require(try Self.document(text))
    var dumped = ""
    dump(card, to: &dumped)
    dump(card.identity, to: &dumped)
    dumped += "\(card)\(card.identity)\(String(reflecting: card))"
    for fault in ForeignCodeError.Fault.allCases {
      dumped += "\(ForeignCodeError(.citizenCard, fault))"
    }
    for field in text.split(separator: "|") {
      #expect(!dumped.contains(field), "\(field)")
    }
  }
}
