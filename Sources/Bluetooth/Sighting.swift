public import Presence

/// One moment at which one phone heard another.
public struct Sighting: Hashable, Sendable {
  /// Whose phone heard.
  public var hearer: SubjectNumber
  /// Whose phone was heard.
  public var heard: SubjectNumber
  /// When, by the clock of the phone that heard, in Unix seconds.
  public var time: Int64
  /// What got lost on the way in dB; nil when that is not known, so that it only shows that both
  /// phones worked.
  public var attenuation: Int16?
  /// How far off the attenuation may be in dB, one standard deviation; nil when nobody said.
  public var uncertainty: UInt8?
  /// When the identifier that was heard was said, by the clock of the phone that said it; nil when
  /// none that rotates was heard.
  public var slot: Range<Int64>?
  /// The row of the log that it is.
  public var row: UInt32

  /// Makes a sighting of its parts.
  public init(
    hearer: SubjectNumber, heard: SubjectNumber, time: Int64, attenuation: Int16?,
    uncertainty: UInt8? = nil, slot: Range<Int64>? = nil, row: UInt32
  ) {
    self.hearer = hearer
    self.heard = heard
    self.time = time
    self.attenuation = attenuation
    self.uncertainty = uncertainty
    self.slot = slot
    self.row = row
  }
}

/// One moment at which a radio whose clock is right heard a phone: what ties phones to true time.
public struct ClockAnchor: Hashable, Sendable {
  /// Whose phone was heard.
  public var heard: SubjectNumber
  /// When, in Unix seconds.
  public var time: Int64
  /// When the identifier was said, by the clock of the phone that said it.
  public var slot: Range<Int64>

  /// Makes an anchor of its parts.
  public init(heard: SubjectNumber, time: Int64, slot: Range<Int64>) {
    self.heard = heard
    self.time = time
    self.slot = slot
  }
}

/// One moment at which a phone heard anything at all, by its own clock.
public struct HearingMoment: Hashable, Sendable {
  /// Whose phone heard.
  public var hearer: SubjectNumber
  /// When, by its clock, in Unix seconds.
  public var time: Int64

  /// Makes a moment of its parts.
  public init(hearer: SubjectNumber, time: Int64) {
    self.hearer = hearer
    self.time = time
  }
}
