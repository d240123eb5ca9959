import Foundation
import Glibc
import TestSupport
import Testing

/// Codes of other services and people's cards, at the door and at the desk.
@Suite("Foreign codes at the command line", .tags(.process)) struct ForeignCodeCommandTests {
  private static let card = [
    "001090123456", "012345678", "NGUYEN VAN A", "01011990", "Nam",
    "Phường Bến Nghé, Quận 1, TP. Hồ Chí Minh", "15042021",
  ]
  private static let personalCode = [
    "001090123456", "NGUYEN VAN A", "1990-01-01", "0", "162979388586171100", "<1<00<0123232422",
  ]
  private static let insuranceCard = [
    "GD4310123456789", "4E677579E1BB856E2056C4836E2042", "18/01/1987", "1",
    "4CC3AA204368C3A26E2C2048E1BAA3692050C3B26E67", "31 - 001", "01/01/2021", "-",
  ]

  private static func text(_ fields: [String]) -> String { fields.joined(separator: "|") }

  private static let newZealand =
    "NZCOVIDTRACER:"
    + Data(
      #"{"gln":"7000000243950","ver":"c19:1","typ":"entry","opn":"Blue Stone","adr":"Leeston"}"#
        .utf8
    ).base64EncodedString()

  @Test("A16: verify names a foreign code, says what it says, and answers no")
  func verify() throws {
    let site = try Site()
    let codes = [
      (Self.newZealand, "nz", "Blue Stone", "nz:7000000243950"),
      ("https://qr.pccovid.gov.vn/ksvrbm", "pccovid", nil, "pccovid:ksvrbm"),
      ("UKC19TRACING:2:a.b.c", "nhs", nil, nil),
    ]
    for (code, format, name, alias) in codes {
      let outcome = try site.run("verify", code, "--json")
      #expect(outcome.status == 1)
      let answer = try JSON(outcome.output)
      #expect(answer["valid"].truth == false && answer["reason"].text == "foreign-code")
      #expect(answer["format"].text == format)
      #expect(answer["name"].text == name)
      #expect(answer["alias"].text == alias)
      #expect(try site.run("verify", code).output.contains("not valid: this "))
    }
    let address = try site.run("verify", "https://evil.example/#1", "--json")
    #expect(address.status == 1)
    #expect(try JSON(address.output)["message"].text?.contains("no check-in code") == true)
  }

  @Test("A16(a): a scanned address is not opened: nobody connects to the host that it names")
  func noConnection() throws {
    let site = try Site()
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_NONBLOCK, 0)
    defer { close(listener) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isListening = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        bind(listener, pointer, length) == 0 && listen(listener, 8) == 0
          && getsockname(listener, pointer, &length) == 0
      }
    }
    try #require(isListening)
    let url = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))/check-in"
    for text in [url, "\(url)#1", "\(url)?v=1#\(try site.code())"] {
      #expect(try site.run("verify", text).status == 1)
      #expect(try site.run("scan", "--gateway", "g", input: "\(text) an\n").status == 3)
    }
    #expect(accept(listener, nil, nil) == -1 && errno == EWOULDBLOCK)
  }

  @Test("Verify says of a person's card its format and a masked number, and nothing else")
  func verifyCards() throws {
    let site = try Site()
    for (fields, format, number) in [
      (Self.card, "cccd", "******123456"), (Self.personalCode, "personal-qr", "******123456"),
      (Self.insuranceCard, "bhyt", "******6789"),
    ] {
      for words in [["--json"], []] {
        let outcome = try site.run(["verify", Self.text(fields)] + words, input: Data())
        #expect(outcome.status == 1)
        if words == ["--json"] {
          let answer = try JSON(outcome.output)
          #expect(answer["format"].text == format && answer["number"].text == number)
        } else {
          #expect(outcome.output.contains(number))
        }
        for field in fields where field.utf8.count > 3 {
          #expect(!(outcome.output + outcome.errors).contains(field), "\(field)")
        }
      }
    }
  }

  @Test(
    "An old code goes on working once it is an alias, as a typed id does, and can be taken back")
  func alias() throws {
    let site = try Site(registry: .own)
    let code = "https://qr.pccovid.gov.vn/ksvrbm"
    let line = "\(code) an\n"
    let before = try site.run("scan", "--gateway", "g", "--json", input: line)
    #expect(before.status == 3)
    #expect(try JSON(before.output)["code"].text == "foreign-code")

    try site.done("venue", "alias", Site.hotel, code)
    let again = try site.done("venue", "alias", Site.hotel, "pccovid:KSVRBM")
    #expect(again.errors.contains("nothing was changed"))
    let after = try JSON(site.done("scan", "--gateway", "g", "--json", input: line).output)
    #expect(after["venue"].text == Site.hotel && after["grade"].number == 0)
    let verdict = try site.run("verify", code, "--json")
    #expect(verdict.status == 1)
    #expect(try JSON(verdict.output)["venue"].text == Site.hotel)
    let table =
      "code,subject,time,direction,gateway\n\(code),an,2020-08-06T08:00:00+07:00,in,g\n"
    try site.write(table, to: "scans.csv")
    try site.done("import", "scans", "scans.csv")

    let other = try JSON.lines(site.done("venue", "list", "--category", "market", "--json").output)
    let market = try #require(other.first?["id"].text ?? other.first?[0]["id"].text)
    let taken = try site.run("venue", "alias", market, code)
    #expect(taken.status == 1 && taken.errors.contains("is an alias of \(Site.hotel)"))
    #expect(try site.run("venue", "alias", market, Self.text(Self.card)).status == 2)

    let pass = try site.done("pass", "new").output.trimmingCharacters(in: .whitespacesAndNewlines)
    for own in [pass, try site.code()] {
      let refused = try site.run("venue", "alias", Site.hotel, own)
      #expect(refused.status == 2 && refused.errors.contains("a code of ours"))
      #expect(!refused.errors.contains(own))
    }

    try site.done("venue", "alias", Site.hotel, code, "--remove")
    #expect(try site.run("scan", "--gateway", "g", input: line).status == 3)
  }

  /// The ways in which a text could lie in a file: in clear, in UTF-16, in hexadecimal, and in base64
  /// at each of its three places.
  private static func forms(of text: String) -> [Data] {
    let bytes = Data(text.utf8)
    var forms = [bytes]
    for encoding in [String.Encoding.utf16LittleEndian, .utf16BigEndian] {
      if let data = text.data(using: encoding) { forms.append(data) }
    }
    let hex = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    forms += [Data(hex.utf8), Data(hex.uppercased().utf8)]
    for shift in 0..<3 {
      // What stands before and behind touches the first and the last symbols.
      let padded = Data(repeating: 0, count: shift) + bytes
      let text = padded.base64EncodedString().replacingOccurrences(of: "=", with: "")
      let inner = text.dropFirst(shift == 0 ? 0 : shift + 1).dropLast(1)
      if inner.utf8.count >= 6 { forms.append(Data(inner.utf8)) }
    }
    return forms
  }

  @Test("Nothing of a scanned card is in the store, in any form, nor in what is said")
  func nothingIsKept() throws {
    let site = try Site()
    let cards = [Self.card, Self.personalCode, Self.insuranceCard]
    let code = try site.code()
    var said = ""
    for card in cards {
      for line in ["\(code) \(Self.text(card))", "\(Site.hotel)\t\(Self.text(card))"] {
        let outcome = try site.done("scan", "--gateway", "g", input: line + "\n")
        said += outcome.output + outcome.errors
      }
      // In the wrong place, and cut or short of its beginning: refused, and not repeated either.
      for line in [
        Self.text(card), "\(code) \(Self.text(card).prefix(40))",
        "\(code) \(Self.text(card).dropFirst())", "\(code) \(Self.text(Array(card.prefix(3))))",
        "\(code) \(Self.text(Array(card.dropFirst())))",
      ] {
        let outcome = try site.run("scan", "--gateway", "g", "--json", input: line + "\n")
        #expect(outcome.status == 3 && outcome.output.contains("\"accepted\":false"))
        said += outcome.output + outcome.errors
      }
      let asked = try site.run("exposure", "--subject", Self.text(card), "--order", "test")
      #expect(asked.status == 2)
      for field in card where field.utf8.count > 4 { #expect(!asked.errors.contains(field)) }
      for text in [Self.text(card), String(Self.text(card).prefix(30))] {
        let alias = try site.run("venue", "alias", Site.hotel, text, "--dry-run")
        #expect(alias.status == 2)
        said += alias.output + alias.errors
      }
    }
    // Each card is one person, of however many scans of it: nobody came of a part of one.
    let stats = try JSON(site.done("store", "stats", "--json").output)
    #expect(stats["people"].number == 2, "\(stats.keys)")
    let fields = Set(
      (cards.joined() + ["Nguyễn Văn B", "Lê Chân, Hải Phòng", "0123456789", "cccd:", "bhyt:"])
        .filter { $0.utf8.count > 4 })
    for field in fields { #expect(!said.contains(field), "\(field) was said") }
    let files = try #require(FileManager.default.enumerator(atPath: site.path("store")))
    var count = 0
    for case let name as String in files {
      guard let bytes = FileManager.default.contents(atPath: site.path("store/\(name)")) else {
        continue
      }
      count += 1
      for field in fields {
        for (number, form) in Self.forms(of: field).enumerated() {
          #expect(bytes.range(of: form) == nil, "\(field), form \(number), is in \(name)")
        }
      }
    }
    #expect(count > 5)
  }

  @Test("The search of that test finds a card wherever one is")
  func searchFinds() {
    let field = "001090123456"
    for form in Self.forms(of: field) { #expect(!form.isEmpty) }
    for before in ["", "a", "ab"] {
      let text = Data((before + field + "|x").utf8).base64EncodedString()
      #expect(Self.forms(of: field).contains { Data(text.utf8).range(of: $0) != nil })
    }
  }

  @Test("A card and the personal code of its number are one person at the door and in the answers")
  func onePerson() throws {
    let site = try Site()
    let code = try site.code()
    let lines = [Self.card, Self.personalCode].map { "\(code) \(Self.text($0))\n" }.joined()
    let answers = try JSON.lines(
      site.done("scan", "--gateway", "g", "--direction", "in", "--json", input: lines).output)
    #expect(answers.count == 2)
    #expect(answers[0]["visitor"].text == answers[1]["visitor"].text)
    #expect(answers[1]["repeat"].truth == true)
  }

  @Test("At a terminal a code is taken without Enter, and a card is not shown")
  func terminal() throws {
    let site = try Site()
    let code = try site.code()
    // Each key is pressed only when the screen shows that the program waits for it.
    let script = """
      export CHECKIN_VENUES; program='\(BuiltProgram.checkin.url.path) --now \(Site.now)'
      sees() { for try in $(seq 600); do
        [ $(grep -a -c "$2" $1) -ge $3 ] && return; sleep 0.1; done; }
      : > out
      { sees out ready: 1; printf %s '\(code)'; sees out 'IN  \\|OUT  ' 1
        printf '\\002%s\\t' '\(code)'; sees out 'IN  \\|OUT  ' 2
      } | script -qec "$program scan --gateway g --subject an" /dev/null >> out
      : > cards
      { sees cards ready: 1; printf %s '\(code)'; sees cards '> …' 1
        printf %s '\(Self.text(Self.card))'; sees cards 'IN  \\|OUT  ' 1
      } | script -qec "$program scan --gateway g" /dev/null >> cards
      """
    let outcome = try site.shell(script)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let answers = try site.text(of: "out").split(whereSeparator: \.isNewline)
      .filter { $0.contains("IN  ") || $0.contains("OUT  ") }
    #expect(answers.count == 2 && answers.allSatisfy { $0.contains(Site.hotelName) })
    let cards = try site.text(of: "cards")
    #expect(cards.contains("IN   \(Site.hotelName)"))
    for field in Self.card { #expect(!cards.contains(field), "\(field)") }
  }
}
