/// How well an encounter is known, in one byte: whether both phones heard it, and how far off its
/// attenuation may be.
public struct EncounterQuality: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
  /// 128 when only one of the phones heard the other, and the uncertainty in the low seven bits, of
  /// which 127 is that nobody said.
  public let rawValue: UInt8

  /// Makes a quality of its byte; each byte is one.
  public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// Makes a quality of its parts.
  ///
  /// - Parameters:
  ///   - isOneSided: Whether only one of the phones heard the other.
  ///   - uncertainty: How far off the attenuation may be in dB; more than 126 is 126, nil that nobody
  ///     said.
  public init(isOneSided: Bool, uncertainty: UInt8?) {
    rawValue = (isOneSided ? 128 : 0) | (uncertainty.map { min($0, 126) } ?? 127)
  }

  /// What is known of an encounter that was given as such: whoever gave it answers for both sides, and
  /// said nothing of how sure its attenuation is.
  public static let given = EncounterQuality(isOneSided: false, uncertainty: nil)

  /// Whether only one of the phones heard the other: that of an iPhone in the background hears no
  /// other iPhone.
  public var isOneSided: Bool { rawValue & 128 != 0 }

  /// How far off the attenuation may be in dB, one standard deviation; nil when nobody said.
  public var uncertainty: UInt8? { rawValue & 127 == 127 ? nil : rawValue & 127 }
}
