public import VenueCodes

/// All that is known of two people on one local day, on one time axis.
///
/// Spans are half-open and in Unix seconds. Spans of one sort may overlap: a judge counts each
/// second once.
public struct PairEvidence: Hashable, Sendable {
  /// The two phones heard each other.
  public struct Radio: Hashable, Sendable {
    /// When.
    public var span: Range<Int64>
    /// What got lost on the way in dB, corrected by what is known of the two models.
    public var attenuation: Double
    /// One standard deviation of the attenuation in dB: what is not known of models and clocks.
    public var uncertainty: Double
    /// Whether both phones heard it; else one did.
    public var isMutual: Bool

    /// Makes a stretch of hearing of its parts.
    public init(
      span: Range<Int64>, attenuation: Double, uncertainty: Double, isMutual: Bool
    ) {
      self.span = span
      self.attenuation = attenuation
      self.uncertainty = uncertainty
      self.isMutual = isMutual
    }
  }

  /// Both were checked in at one venue.
  public struct Together: Hashable, Sendable {
    /// When.
    public var span: Range<Int64>
    /// Where.
    public var venue: VenueID
    /// Whether the venue is in the open.
    public var isOpen: Bool
    /// Whether they were in one zone; nil when the zone of either is not known.
    ///
    /// False contradicts a contact less than two venues do, since people walk from zone to zone
    /// without a scan: that time is not `apart`.
    public var sharesZone: Bool?
    /// The chance that both were still there, 0 to 1: below 1 when the end of a visit is assumed.
    public var confidence: Double
    /// How many other people were at the venue in the clock hour (UTC) that `span` is in.
    ///
    /// It depends on place and time alone: were it counted over the time the two shared, a longer stay
    /// would count more passers-by and weigh less.
    public var crowd: Int

    /// Makes a shared stay of its parts.
    public init(
      span: Range<Int64>, venue: VenueID, isOpen: Bool, sharesZone: Bool?, confidence: Double,
      crowd: Int
    ) {
      self.span = span
      self.venue = venue
      self.isOpen = isOpen
      self.sharesZone = sharesZone
      self.confidence = confidence
      self.crowd = crowd
    }
  }

  /// When the phones heard each other.
  public var radio: [Radio]
  /// When both were at one venue.
  public var together: [Together]
  /// When they were at two venues by what is certain of their visits: this contradicts a contact.
  public var apart: [Range<Int64>]
  /// When both phones provably worked, since each heard anything at all; hearing each other or not.
  public var listening: [Range<Int64>]

  /// Makes evidence of its parts.
  public init(
    radio: [Radio] = [], together: [Together] = [], apart: [Range<Int64>] = [],
    listening: [Range<Int64>] = []
  ) {
    self.radio = radio
    self.together = together
    self.apart = apart
    self.listening = listening
  }
}
