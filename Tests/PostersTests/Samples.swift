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
