internal import CommandKit
internal import ExposureStorage
internal import Glibc
internal import Posters
internal import VenueCodes
internal import VenueRegistry

/// Makes one poster: signs, draws, proves and writes it.
struct PosterMaker: Sendable {
  let registry: Registry
  let order: PosterOrder
  let prefix: URLPrefix
  let settings: PosterSettings
  let published: PublishedKey
  let key: Ed25519.SigningKey

  /// Makes the files of one print under hidden names; when one cannot be made, none is left.
  func poster(
    _ venue: Venue, _ zone: UInt8, _ record: PrintRecord, now: Int64
  ) throws -> PrintedPoster {
    let category = registry.category(of: venue)
    let token = try VenueToken(
      kind: order.kind, keyID: published.id, venue: venue.id, zone: zone,
      firstDay: record.request.firstDay, weeksValid: order.weeks,
      category: category?.wireNumber ?? 0,
      defaultStay: UInt8(clamping: (category?.defaultStayMinutes ?? 0) / 5),
      serial: record.serial, name: order.isNamed ? venue.signedName : nil)
    let code = VenueCode(signing: token, with: key)
    let symbol = try QRSymbol(prefix: prefix.text, digits: code.digits, level: order.level)
    let folder = "\(order.folder)/\(venue.category)"
    try Folder.make(folder)
    var stem = "\(venue.id)"
    if !venue.slug.isEmpty { stem += "-\(venue.slug)" }
    if zone != 0 { stem += "-zone\(zone)" }
    if order.kind != .inAndOut { stem += "-\(order.kind.word)" }
    var files: [String] = []
    var drafts: [String] = []
    do {
      for format in order.formats {
        let path = "\(folder)/\(stem).\(format.fileExtension)"
        // The number is the store's own, so that no two runs share a draft.
        let draft = "\(folder)/.print-\(record.number)-\(stem).\(format.fileExtension)"
        let file =
          switch format {
          case .pdf: try PosterFile.pdf(sheet(venue, zone, record, now: now), symbol)
          case .png: try PosterFile.png(symbol)
          case .svg: try PosterFile.svg(symbol, title: venue.name)
          }
        try file.write(to: draft, provedAs: path)
        files.append(path)
        drafts.append(draft)
      }
    } catch {
      for draft in drafts { unlink(draft) }
      throw error
    }
    return PrintedPoster(
      venue: venue, zone: zone, record: record, symbol: symbol, files: files, drafts: drafts)
  }

  private func sheet(
    _ venue: Venue, _ zone: UInt8, _ record: PrintRecord, now: Int64
  ) -> PosterSheet {
    var sheet = PosterSheet(
      name: venue.name, direction: order.kind.direction, typedCode: venue.id.grouped,
      issued: record.request.firstDay, expires: record.request.lastDay,
      printSerial: Int(record.serial), languages: order.languages, madeAtSecond: now)
    sheet.address = venue.address
    sheet.zone = zone == 0 ? nil : venue.zone(numbered: zone)?.name ?? "\(zone)"
    sheet.district = registry.divisionPath(venue.division).map(\.name).joined(separator: ", ")
    sheet.agency = registry.agency(venue.agency)?.name.vietnamese
    sheet.authority = settings.authority
    sheet.hotline = settings.hotline
    sheet.notice = settings.notice
    sheet.host = prefix.host
    return sheet
  }
}

extension PosterKind {
  /// The word for it in file names and on the command line.
  var word: String {
    switch self {
    case .inAndOut: "in-and-out"
    case .entrance: "entrance"
    case .exit: "exit"
    case .vehicle: "vehicle"
    }
  }

  /// Which way a poster of the kind counts.
  var direction: PosterDirection {
    switch self {
    case .entrance: .entrance
    case .exit: .exit
    case .inAndOut, .vehicle: .inAndOut
    }
  }
}

extension URLPrefix {
  /// The host that a person sees when the code opens.
  var host: String? {
    guard let start = text.firstRange(of: "://")?.upperBound else { return nil }
    let host = text[start...].prefix { $0 != "/" && $0 != "#" }
    return host.isEmpty ? nil : String(host)
  }
}
