internal import CommandKit
internal import ExposureStorage
internal import Posters
internal import VenueCodes
internal import VenueRegistry

/// How prints are to be made, whatever they show.
struct PosterOrder: Sendable {
  var kind = PosterKind.inAndOut
  var weeks: UInt8 = 52
  var level = QRSymbol.Level.quartile
  /// Whether the code carries the venue's name; nil is as the sheet usually has it.
  var isNamed: Bool?
  var languages: [PosterLanguage]
  var style = SheetStyle()
  var folder = "Output"
}

/// One print that is to be made: the files that show one code with one serial.
///
/// A print is what is lost or stolen, and so what is revoked: each sheet has a serial of its own. The
/// nine stickers of a sheet, both sides of a tent and the bare code beside a poster show the same.
struct PrintPlan: Sendable {
  let venue: Venue
  /// The zone it is for; 0 is the whole venue.
  let zone: UInt8
  /// The sheet; nil is none, only the code.
  let sheet: SheetKind?
  /// As what the bare code is written besides.
  let pictures: [PosterFormat]
  /// The files' path without its extension; nil is the order's folder and the venue's category, id
  /// and name.
  var path: String?
}

/// A print that cannot be made because of what it says.
struct RefusedPrint: Sendable {
  let plan: PrintPlan
  /// Names the venue and the reason.
  let error: CommandError
}

/// What is told of a print's code.
struct PrintedCode: Sendable {
  /// What the code says.
  let text: String
  /// Version and level, such as 9-Q.
  let size: String

  init(_ symbol: QRSymbol) {
    text = symbol.text
    size = "\(symbol.version)-\(symbol.level.letter)"
  }
}

/// One print that was made: its files are there, proved, and its serial is in the store.
struct PrintedPoster: Sendable {
  let plan: PrintPlan
  let request: PrintRequest
  let serial: UInt8
  let code: PrintedCode
  /// The modules; nil in a run of one file, which may be of thousands.
  let symbol: QRSymbol?
  let files: [String]
  /// The hidden files that take the names of `files` once the store knows the print.
  let drafts: [String]
  /// The page in the one file of the run, from 1; nil where each print has files of its own.
  var page: Int?
}

/// What one file of many pages holds, in order.
enum BoundSheet: Sendable {
  /// A page that is a print and has a serial.
  case print(PrintPlan)
  /// Pages without a signed code, as many as the texts need.
  case leaflet(KitLeaflet)

  /// The print that it is, if it is one.
  var plan: PrintPlan? {
    if case .print(let plan) = self { plan } else { nil }
  }
}
