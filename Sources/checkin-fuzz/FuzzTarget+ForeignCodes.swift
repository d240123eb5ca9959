import EvidenceIntake
import ForeignCodes
import VenueCodes

extension FuzzTarget {
  /// Any text to a foreign code: one reading, and an alias that can be kept.
  static let foreignCode = foreign("foreign-code", ForeignSamples.all)

  /// Each format by itself, so that its inner parts are reached.
  static let foreignNHS = foreign("foreign-nhs", ForeignSamples.nhs)
  static let foreignNewZealand = foreign("foreign-nz", ForeignSamples.newZealand)
  static let foreignClea = foreign("foreign-clea", ForeignSamples.clea)
  static let foreignLeaveHomeSafe = foreign("foreign-leavehomesafe", ForeignSamples.leaveHomeSafe)
  static let foreignPCCovid = foreign("foreign-pccovid", ForeignSamples.pcCovid)
  static let citizenCard = foreign("foreign-cccd", ForeignSamples.citizenCards)
  static let personalCode = foreign("foreign-personal-qr", ForeignSamples.personalCodes)
  static let insuranceCard = foreign("foreign-bhyt", ForeignSamples.insuranceCards)

  private static func foreign(_ name: String, _ samples: [String]) -> FuzzTarget {
    FuzzTarget(name, examples: samples.map { Array($0.utf8) }) { check($0) }
  }

  private static func check(_ input: [UInt8]) {
    let code: ForeignCode?
    do throws(ForeignCodeError) {
      code = try ForeignCode(recognizing: input.span)
    } catch {
      require(!error.description.isEmpty, "an error has a sentence")
      return
    }
    guard let code else { return }
    require((try? ForeignCode(recognizing: input.span)) == code, "a code has one meaning")
    require(!code.refusal.isEmpty, "a refusal has a sentence")
    if let alias = code.alias {
      require((1...200).contains(alias.utf8.count), "an alias is short")
      require(alias.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x7C }, "an alias is plain")
      require(!code.format.isPersonal, "no person is an alias")
    }
    switch code {
    case .nhs(let poster):
      require(poster.signatureStatus() != .valid, "no forgery")
    case .newZealand(let poster):
      require(poster.alertDigest.map { $0.count == 48 } ?? true, "a digest has 48 bytes")
    case .traceLocation(let poster):
      require(poster.locationID.count == 32, "a location id has 32 bytes")
      require((1...255).contains(poster.name.count), "a name has its length")
    case .clea(let poster):
      require(poster.temporaryIDText.utf8.count == 36, "an id is written like a UUID")
    case .pcCovid(let poster):
      require(poster.letters.utf8.count == 6, "six letters")
    case .document(let document):
      let number = document.identity.canonicalText
      require(number.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "a number is plain")
      require(!"\(document)\(document.identity)".contains(number), "a number never prints itself")
    case .leaveHomeSafe, .address: break
    }
  }

  /// The message of a Corona-Warn-App or NotifyMe code, which the first byte chooses, behind its
  /// address: base64 would hide the protobuf from a fuzzer.
  static let traceLocation = FuzzTarget(
    "foreign-protobuf", examples: ForeignSamples.messages
  ) { input in
    let isNotifyMe = (input.first ?? 0) & 1 == 1
    let address = isNotifyMe ? "https://qr.notify-me.ch?v=3#" : "https://e.coronawarn.app?v=1#"
    check(Array((address + ForeignSamples.base64URL(Array(input.dropFirst()))).utf8))
  }

  /// What a scanner types: pieces, pauses and all, against the same bytes in one piece.
  static let typedInput = FuzzTarget(
    "typed-input",
    examples: texts(
      "\u{2}" + String(repeating: "7", count: 188)
        + "\r\n]Q1https://qr.haiphong.gov.vn/#01\t0912\r",
      String(repeating: "ăâêô\u{300}\u{309}\u{303}\u{301}\u{323}đ", count: 8) + " ă\n",
      "https://qr.vấ.vn/#0123 V1\n", ForeignSamples.citizenCards[0] + "\n")
  ) { input in
    let prefixes = ["https://qr.haiphong.gov.vn/#", "https://qr.vaas.vn/#"].compactMap {
      try? URLPrefix($0)
    }
    var whole = ScannerInput(prefixes: prefixes, expectsVisitor: false)
    var pieces = ScannerInput(prefixes: prefixes, expectsVisitor: false)
    var expected = whole.feed(input, at: 0)
    if let last = whole.end() { expected.append(last) }
    var found: [ScannerInput.Line] = []
    for byte in input {
      found += pieces.feed([byte], at: 0)
      require(pieces.line(quietSince: ScannerInput.quietMilliseconds - 1) == nil, "keys take time")
    }
    if let last = pieces.end() { found.append(last) }
    require(found == expected, "pieces do not matter")

    var hasty = ScannerInput(prefixes: prefixes, expectsVisitor: true, isTyped: true)
    _ = hasty.feed(input, at: 0)
    _ = hasty.line(quietSince: ScannerInput.lostMilliseconds)
    require(hasty.pending.count <= Door.maximumLineLength + 1, "what is pending is bounded")

    for case .bytes(let bytes) in expected {
      guard let line = try? TypedLine(bytes, prefixes: prefixes) else { continue }
      guard line.isRepaired else {
        require(bytes.count >= line.bytes.count, "only wrapping is dropped")
        continue
      }
      require(String(validating: line.bytes, as: UTF8.self) != nil, "a mended line is text")
    }
  }
}

/// Good inputs of each format, all made up.
private enum ForeignSamples {
  static let nhs = [
    "UKC19TRACING:1:"
      + [
        #"{"alg":"ES256","kid":"YrqeLTq8z-ofH5nzlaSGnYRfB9bu9yPlWYU_2b6qXOQ"}"#,
        #"{"id":"4WT59M5Y","opn":"Office","pc":"CM1"}"#,
      ].map { base64URL(Array($0.utf8)) }.joined(separator: ".")
      + "." + base64URL(Array(repeating: 9, count: 64))
  ]
  static let newZealand: [String] = {
    let content = #"{"gln":"7000000243950","ver":"c19:1","typ":"entry","opn":"Table","adr":"Road"}"#
    let code = "NZCOVIDTRACER:" + base64URL(Array(content.utf8))
    return [code, "https://tracing.covid19.govt.nz/scan#data=" + code]
  }()
  static let clea = ["https://tac.gouv.fr#", "https://tac.gouv.fr/?v=0#"].map {
    $0 + base64URL([0] + Array(0..<109))
  }
  static let leaveHomeSafe = [
    "HKEN:0gxr8l5A6"
      + base64URL(Array(#"{"metadata":null,"nameZh":"x","nameEn":"y","type":"z"}"#.utf8))
  ]
  static let pcCovid = [
    "https://qr.pccovid.gov.vn/ksvrbm", "HTTPS://QR.PCCOVID.GOV.VN/ABCDEF", "https://x.example/#1",
  ]
  static let citizenCards = [
    "001090123456|012345678|NGUYEN VAN A|01011990|Nam|Phường Bến Nghé, Quận 1|15042021",
    "001090123456||NGUYỄN VĂN Ả|29021992|Nữ|x|15042021|||",
  ]
  static let personalCodes = [
    "001093029317|NGUYEN VAN A|1987-01-18|0|162979388586171100|<1<00<0123232422",
    "|NGUYEN VAN A|1987-01-18|1|162979388586171100|",
  ]
  static let insuranceCards = [
    "GD4310123456789|4E677579E1BB856E2056C4836E2041|18/01/1987|1|4CC3AA|31 - 001|01/01/2021|-|x$",
    "0123456789|4E677579|1987|2|-|31|01/01/2021|31/12/2021",
  ]
  static let all =
    nhs + newZealand + clea + leaveHomeSafe + pcCovid + citizenCards + personalCodes
    + insuranceCards + messages.map { "https://e.coronawarn.app?v=1#" + base64URL(Array($0[1...])) }

  static let messages: [[UInt8]] = [(0, 5, 16), (1, 4, 32)].map { choice, field, seed in
    let first = UInt8(field << 3)
    let location: [UInt8] =
      [0x08, 1, 0x12, 5] + Array("Chợ".utf8) + [
        0x1A, 2, 0x48, 0x50, first, 1, first + 8, 9,
      ]
    let notifier: [UInt8] =
      [0x08, 1, 0x12, 3, 1, 2, 3, 0x1A, UInt8(seed)] + Array(repeating: 7, count: seed)
    let vendor: [UInt8] = [0x08, 1, 0x10, 7, 0x18, 0xDB, 0x0A]
    var message: [UInt8] = [UInt8(choice), 0x08, 1]
    for (key, part) in [(0x12, location), (0x1A, notifier), (0x22, vendor)] {
      message += [UInt8(key), UInt8(part.count)] + part
    }
    return message
  }

  static func base64URL(_ bytes: [UInt8]) -> String {
    let symbols = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      var bits: UInt32 = 0
      for place in 0..<3 {
        bits = bits << 8 | UInt32(place < group.count ? group[start + place] : 0)
      }
      for place in 0...group.count {
        text.append(symbols[Int(bits >> UInt32(18 - 6 * place) & 63)])
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
