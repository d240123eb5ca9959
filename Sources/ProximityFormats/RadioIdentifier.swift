internal import ForeignCodes

/// What a phone says over the radio in place of a name, and changes every few minutes.
///
/// Nobody but the holder of a key can tell whose it is. Each has one written form, by which the same
/// identifier is the same wherever it is met:
///
///     RadioIdentifier("bluezone:29abd013b41c90269332ab5d")?.text  // "bluezone:29ABD013B41C90269332AB5D"
public enum RadioIdentifier: Hashable, Sendable {
  /// An identifier of Bluezone.
  case bluezone(BluezoneIdentifier)
  /// A rolling proximity identifier of exposure notification.
  case rollingProximity(RollingProximityIdentifier)
  /// A temporary id of OpenTrace and its like.
  case temporary(TemporaryID)

  /// The services whose identifiers are read, by the word before the colon.
  public enum Scheme: String, Sendable, CaseIterable {
    /// Bluezone.
    case bluezone
    /// Exposure notification of Google and Apple.
    case rollingProximity = "rpi"
    /// OpenTrace and its like.
    case temporary = "tempid"
  }

  /// Reads the written form, hexadecimal digits in any case; nil when it is none.
  public init?(_ text: some StringProtocol) {
    self.init(utf8: Array(text.utf8)[...])
  }

  /// Reads the written form, hexadecimal digits in any case; nil when it is none.
  public init?(utf8 text: ArraySlice<UInt8>) {
    guard let scheme = RadioIdentifier.scheme(of: text) else { return nil }
    let rest = text.dropFirst(scheme.rawValue.utf8.count + 1)
    switch scheme {
    case .bluezone:
      guard let identifier = BluezoneIdentifier(hexadecimal: rest) else { return nil }
      self = .bluezone(identifier)
    case .rollingProximity:
      guard let bytes = HexText.bytes(of: rest),
        let identifier = RollingProximityIdentifier(bytes: bytes)
      else { return nil }
      self = .rollingProximity(identifier)
    case .temporary:
      guard let identifier = TemporaryID(base64: rest) else { return nil }
      self = .temporary(identifier)
    }
  }

  /// Returns the service that a text says it is of, whether or not the rest can be read.
  public static func scheme(of text: ArraySlice<UInt8>) -> Scheme? {
    // Nearly every text is none, and is told by one byte.
    guard let first = text.first, "brtBRT".utf8.contains(first) else { return nil }
    return Scheme.allCases.first { scheme in
      let word = scheme.rawValue.utf8
      return text.count > word.count && text[text.startIndex + word.count] == UInt8(ascii: ":")
        && zip(text, word).allSatisfy { $0 | 0x20 == $1 }
    }
  }

  /// The one written form: the service, a colon, and hexadecimal digits or base64.
  public var text: String {
    switch self {
    case .bluezone(let identifier):
      "\(Scheme.bluezone.rawValue):\(identifier)"
    case .rollingProximity(let identifier):
      "\(Scheme.rollingProximity.rawValue):\(identifier)"
    case .temporary(let identifier):
      "\(Scheme.temporary.rawValue):\(identifier)"
    }
  }
}

/// When a phone said an identifier: `[from, to)` in Unix seconds of a right clock.
public struct RadioSlot<Identifier: Hashable & Sendable>: Hashable, Sendable {
  /// The identifier.
  public let identifier: Identifier
  /// The first second.
  public let from: Int64
  /// The first second after.
  public let to: Int64

  /// Makes a slot of its parts.
  public init(_ identifier: Identifier, from: Int64, to: Int64) {
    self.identifier = identifier
    self.from = from
    self.to = to
  }
}

/// What one phone heard of another at one moment, as its app wrote it down.
public struct RadioSighting: Hashable, Sendable {
  /// What the phone that heard said of itself; nil when the file does not tell.
  public var hearer: RadioIdentifier?
  /// What was heard; nil when it is no identifier that can be read.
  public var heard: RadioIdentifier?
  /// When, in Unix seconds of the hearer's clock.
  public var second: Int64
  /// The strength that was measured, in dBm.
  public var receivedStrength: Int
  /// What the sender says it sent with, in dBm; nil when it does not say.
  public var transmitPower: Int?
  /// The model of the phone that measured.
  public var receivingModel: String?
  /// The model of the phone that was measured.
  public var sendingModel: String?
  /// Why the service that kept it does not count it; nil when it does.
  public var fault: Fault?

  /// Why a sighting is kept and not counted; the raw value is OpenTrace's word.
  public enum Fault: String, Sendable, CaseIterable {
    /// There is no identifier at all.
    case noIdentifier = "no_msg"
    /// The identifier was heard at a time at which it was no longer, or not yet, said.
    case expired = "expired_id"
    /// No key opens the identifier.
    case unreadable = "failed_decryption"
  }

  /// Makes a sighting of its parts.
  public init(
    hearer: RadioIdentifier? = nil, heard: RadioIdentifier?, second: Int64, receivedStrength: Int,
    transmitPower: Int? = nil, receivingModel: String? = nil, sendingModel: String? = nil,
    fault: Fault? = nil
  ) {
    self.hearer = hearer
    self.heard = heard
    self.second = second
    self.receivedStrength = receivedStrength
    self.transmitPower = transmitPower
    self.receivingModel = receivingModel
    self.sendingModel = sendingModel
    self.fault = fault
  }
}
