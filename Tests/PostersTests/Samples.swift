import Foundation
import Posters
import TestSupport
import Testing
import VenueCodes
import VenueRegistry

/// Values that the tests share.
enum Samples {
  static let prefix = "https://qr.haiphong.gov.vn/#"

  /// So many decimal digits without a pattern that compresses.
  static func digits(_ count: Int, seed: UInt64 = 1) -> String {
    var generator = SeededGenerator(seed: seed)
    return String((0..<count).map { _ in Character("\(generator.next() % 10)") })
  }

  /// The code of a named poster.
  static func symbol(digits count: Int = 241) throws -> QRSymbol {
    try QRSymbol(prefix: prefix, digits: digits(count))
  }

  /// A poster with every field filled.
  static func sheet(name: String = "Ga Hải Phòng") -> PosterSheet {
    var sheet = PosterSheet(
      name: name, direction: .inAndOut, typedCode: "K7Q2 M9X4 T",
      issued: LocalDay(daysSince2020: 600), expires: LocalDay(daysSince2020: 880), printSerial: 3,
      languages: languages(["vi", "en"]))
    sheet.address = "75 Lương Khánh Thiện, phường Cầu Đất"
    sheet.zone = "Cửa số 2"
    sheet.district = "Quận Ngô Quyền, thành phố Hải Phòng"
    sheet.agency = "Sở Giao thông vận tải"
    sheet.authority = "Ban Chỉ đạo phòng, chống dịch COVID-19 thành phố Hải Phòng"
    sheet.hotline = "0225 3 747 888"
    sheet.host = "qr.haiphong.gov.vn"
    sheet.notice = "Thông tin khai báo chỉ dùng để truy vết phòng, chống dịch."
    return sheet
  }

  /// The languages of the registry's folder, in the order given.
  static func languages(_ tags: [String]) -> [PosterLanguage] {
    tags.compactMap { tag in
      let file = TestEnvironment.packageRoot.appendingPathComponent("Venues/languages/\(tag).json")
      return (try? Data(contentsOf: file)).flatMap { try? PosterLanguage(json: Array($0)) }
    }
  }

  /// The registry in `Venues/`.
  static func registry() throws -> Registry {
    let folder = TestEnvironment.packageRoot.appendingPathComponent("Venues")
    var texts: [String: String] = [:]
    for case let path as String in try #require(FileManager.default.enumerator(atPath: folder.path))
    where path.hasSuffix(".csv") {
      texts[path] = try String(contentsOf: folder.appendingPathComponent(path), encoding: .utf8)
    }
    return Registry.read(RegistryFiles(texts: texts)).registry
  }

  /// The names of Hai Phong's venues, or none where the shared data are not at hand.
  static let realNames: [String] = {
    let package = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let shared =
      ProcessInfo.processInfo.environment["CHECKIN_SHARED"].map { URL(fileURLWithPath: $0) }
      ?? package.deletingLastPathComponent().appendingPathComponent("shared")
    let file = shared.appendingPathComponent("data/haiphong-venues.csv")
    guard let text = try? String(contentsOf: file, encoding: .utf8) else { return [] }
    // The file has four plain columns and no quoted field.
    return text.split(whereSeparator: \.isNewline).dropFirst().compactMap { line in
      let fields = line.split(separator: ",", omittingEmptySubsequences: false)
      return fields.count == 4 ? String(fields[2]) : nil
    }
  }()

  /// Runs a body with a new empty folder, which is removed afterwards.
  static func withFolder<R>(_ body: (String) throws -> R) throws -> R {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("posters-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder.path)
  }
}

/// A PNG writer of the tests' own: rows as they are given, without compression.
enum PlainPNG {
  /// The bytes of a PNG whose rows, without filter bytes, are given as the file holds them.
  static func bytes(
    width: UInt32, height: UInt32, bitDepth: UInt8, colourType: UInt8, rows: [[UInt8]],
    extraChunks: [(type: String, data: [UInt8])] = []
  ) -> [UInt8] {
    let raw: [UInt8] = rows.flatMap { (row: [UInt8]) -> [UInt8] in [0] + row }
    var stream: [UInt8] = [0x78, 0x01]
    var start = 0
    repeat {
      let block = raw[start..<min(start + 65_535, raw.count)]
      start += block.count
      let count = UInt16(block.count)
      stream += [start == raw.count ? 1 : 0]
      stream += [UInt8(count & 255), UInt8(count >> 8)]
      stream += [UInt8(~count & 255), UInt8(~count >> 8)]
      stream += block
    } while start < raw.count
    var (low, high) = (UInt32(1), UInt32(0))
    for byte in raw {
      low = (low + UInt32(byte)) % 65_521
      high = (high + low) % 65_521
    }
    stream += big(high << 16 | low)
    let header = big(width) + big(height) + [bitDepth, colourType, 0, 0, 0]
    return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", header)
      + extraChunks.flatMap { chunk($0.type, $0.data) } + chunk("IDAT", stream) + chunk("IEND", [])
  }

  /// The chunks of a file: type and data, as far as they can be followed.
  static func chunks(of file: [UInt8]) -> [(type: String, data: [UInt8])] {
    var chunks: [(type: String, data: [UInt8])] = []
    var place = 8
    while place + 12 <= file.count {
      let count = Int(number(file[place..<place + 4]))
      guard place + 12 + count <= file.count else { break }
      chunks.append(
        (
          String(decoding: file[place + 4..<place + 8], as: UTF8.self),
          Array(file[place + 8..<place + 8 + count])
        ))
      place += 12 + count
    }
    return chunks
  }

  static func number(_ bytes: some Sequence<UInt8>) -> UInt32 {
    bytes.reduce(0) { $0 << 8 | UInt32($1) }
  }

  private static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(type.utf8) + data
    var check = UInt32.max
    for byte in body {
      check ^= UInt32(byte)
      for _ in 0..<8 { check = check & 1 == 1 ? 0xEDB8_8320 ^ check >> 1 : check >> 1 }
    }
    return big(UInt32(data.count)) + body + big(~check)
  }

  private static func big(_ value: UInt32) -> [UInt8] {
    [UInt8(value >> 24), UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255)]
  }
}
