internal import CommandKit
internal import ExposureStorage
internal import Glibc
internal import Posters
internal import VenueCodes
internal import VenueRegistry

/// Makes one print: signs, sets, draws, proves and writes it.
struct PosterMaker: Sendable {
  let registry: Registry
  let order: PosterOrder
  let prefix: URLPrefix
  let settings: PosterSettings
  let published: PublishedKey
  /// What signs; nil makes specimens, which are no prints.
  let key: Ed25519.SigningKey?
  /// The first day of the codes.
  let today: LocalDay
  /// The moment of making, in Unix seconds.
  let now: Int64

  /// What a file of many sheets is called in its properties.
  var title: String {
    let words = order.languages.first.map { $0.texts(for: order.kind.direction).heading } ?? ""
    return "\(words) – \(today)"
  }

  /// What a serial is to be reserved for.
  func request(for plan: PrintPlan) -> PrintRequest {
    PrintRequest(
      venue: plan.venue.id, zone: plan.zone, kind: order.kind.rawValue, keyID: published.id,
      firstDay: today, weeks: order.weeks,
      lastDay: VenueToken.lastDay(from: today, weeks: order.weeks), sheet: plan.sheet?.rawValue)
  }

  /// The symbol of a print's code; of a draft it is not signed, and is as large.
  func symbol(
    _ plan: PrintPlan, _ request: PrintRequest, serial: UInt8, isDraft: Bool = false
  ) throws -> QRSymbol {
    let category = registry.category(of: plan.venue)
    let isNamed = order.isNamed ?? !(plan.sheet?.isCompact ?? false)
    let token = try VenueToken(
      kind: order.kind, keyID: published.id, venue: plan.venue.id, zone: plan.zone,
      firstDay: request.firstDay, weeksValid: order.weeks,
      category: category?.wireNumber ?? 0,
      defaultStay: UInt8(clamping: (category?.defaultStayMinutes ?? 0) / 5),
      serial: serial, name: isNamed ? plan.venue.signedName : nil)
    let code =
      (isDraft ? nil : key).map { VenueCode(signing: token, with: $0) }
      ?? VenueCode(specimenOf: token)
    return try QRSymbol(prefix: prefix.text, digits: code.digits, level: order.level)
  }

  /// Sets a print to see whether it can be made, without signing it.
  ///
  /// - Returns: Why not, when it is because of what it says; nil when it can be made.
  /// - Throws: What would befall every print, such as a typeface that is missing.
  func refusal(of plan: PrintPlan) throws -> RefusedPrint? {
    do {
      let request = request(for: plan)
      // Whatever the serial will be, the code has the same size.
      let symbol = try symbol(plan, request, serial: 1, isDraft: true)
      if let sheet = plan.sheet { _ = try page(plan, request, serial: 1, sheet, symbol) }
      return nil
    } catch let error as CommandError {
      return RefusedPrint(plan: plan, error: error)
    } catch let error as PosterError where error.isOfTexts {
      return RefusedPrint(plan: plan, error: named(plan, "\(error)", code: error.code))
    }
  }

  /// A failure of one print, which says of which.
  private func named(
    _ plan: PrintPlan, _ message: String, hint: String? = nil, code: String
  ) -> CommandError {
    CommandError(
      "\(plan.venue.name) (\(plan.venue.id)): \(message)", hint: hint, code: code)
  }

  /// Sets a print's sheet.
  func page(
    _ plan: PrintPlan, _ request: PrintRequest, serial: UInt8, _ sheet: SheetKind,
    _ symbol: QRSymbol
  ) throws -> PosterPage {
    var style = order.style
    style.isPreview = key == nil
    do {
      return try PosterPage(
        text(plan, request, serial: serial), symbol, as: sheet, style: style)
    } catch {
      guard case .belowMinimum = error else { throw error }
      throw named(
        plan, "\(error)", hint: "to print it all the same, give --below-minimum", code: error.code)
    }
  }

  /// Makes the files of one print under hidden names; when one cannot be made, none is left.
  ///
  /// - Parameters:
  ///   - plan: What to print.
  ///   - request: What its serial is reserved for.
  ///   - serial: The serial.
  ///   - number: A number that no other run has, for the hidden names.
  /// - Returns: The print, whose files have no names yet.
  /// - Throws: What setting, drawing, proving or writing throws.
  func poster(
    _ plan: PrintPlan, _ request: PrintRequest, serial: UInt8, number: Int64
  ) throws -> PrintedPoster {
    let symbol = try symbol(plan, request, serial: serial)
    let path = plan.path ?? self.path(plan)
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { String(path[..<$0]) } ?? "."
    let stem = slash.map { String(path[path.index(after: $0)...]) } ?? path
    try Folder.make(folder)
    var files: [String] = []
    var drafts: [String] = []
    func write(_ file: PosterFile) throws {
      let path = "\(path).\(file.format.fileExtension)"
      try Folder.checkTarget(path)
      let draft = "\(folder)/.print-\(number)-\(stem).\(file.format.fileExtension)"
      try file.write(to: draft, provedAs: path)
      files.append(path)
      drafts.append(draft)
    }
    do {
      if let sheet = plan.sheet {
        try write(.sheet(try page(plan, request, serial: serial, sheet, symbol)))
      }
      for picture in plan.pictures {
        switch picture {
        case .png: try write(.png(symbol))
        case .svg: try write(.svg(symbol, title: plan.venue.name))
        case .pdf: break
        }
      }
    } catch {
      for draft in drafts { unlink(draft) }
      throw error
    }
    return PrintedPoster(
      plan: plan, request: request, serial: serial, code: PrintedCode(symbol),
      symbol: symbol, files: files, drafts: drafts)
  }

  /// The path of a print's files, without an extension: the A4 poster and the bare code have the
  /// venue's name alone.
  private func path(_ plan: PrintPlan) -> String {
    let venue = plan.venue
    var path = "\(order.folder)/\(venue.category)/\(venue.id)"
    if !venue.slug.isEmpty { path += "-\(venue.slug)" }
    if plan.zone != 0 { path += "-zone\(plan.zone)" }
    if order.kind != .inAndOut { path += "-\(order.kind.word)" }
    if let sheet = plan.sheet, sheet != .a4 { path += "-\(sheet.rawValue)" }
    return key == nil ? path + "-preview" : path
  }

  private func text(_ plan: PrintPlan, _ request: PrintRequest, serial: UInt8) -> PosterSheet {
    let venue = plan.venue
    var sheet = PosterSheet(
      name: venue.name, direction: order.kind.direction, typedCode: venue.id.grouped,
      issued: request.firstDay, expires: request.lastDay, printSerial: Int(serial),
      languages: order.languages, madeAtSecond: now)
    sheet.address = venue.address
    sheet.zone =
      plan.zone == 0 ? nil : venue.zone(numbered: plan.zone)?.name ?? "\(plan.zone)"
    sheet.district = registry.divisionPath(venue.division).map(\.name).joined(separator: ", ")
    let languages = order.languages.map(\.tag)
    // The registry has names of agencies in these two languages.
    let agency = registry.agency(venue.agency)?.name
    sheet.agency =
      languages.contains("en")
      ? PosterSettings.joined([
        languages.first == "en" && !languages.contains("vi") ? nil : agency?.vietnamese,
        agency?.english,
      ]) : agency?.vietnamese
    sheet.authority = settings.authority(in: languages)
    sheet.hotline = settings.hotline
    sheet.notice = settings.notice(in: languages)
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
