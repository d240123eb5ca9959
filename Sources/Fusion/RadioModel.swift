/// What a stretch of hearing says about whether two phones were within 2 metres.
///
/// The log of the likelihood ratio falls in a straight line with the attenuation, between a strength
/// from which on more strength says nothing more and a weakness that a phone in a pocket a metre away
/// shows as well. It is never negative: a minute of weak hearing speaks against that minute only, and
/// a contact may have been in another one. That nothing was heard at all is judged by `ContactModel`.
///
/// Two numbers carry it, `near` and `far`, in the middle of the range that did well with each of the
/// lunch and train scenes of the DP-3T experiment 05 (20 soldiers, Samsung phones) and each of two
/// offices: `near` 50 to 55, `far` 72 to 80. What was measured is in docs/evaluation.md.
public struct RadioModel: Hashable, Sendable {
  /// The attenuation in dB up to which hearing says all it can for nearness.
  public var near: Double
  /// The attenuation in dB from which on hearing says nothing for nearness; more than `near`.
  public var far: Double
  /// What bodies, pockets and walls add and take at one distance, one standard deviation in dB.
  ///
  /// An uncertainty as large as this halves what the hearing says.
  public var spread: Double
  /// What is added to the attenuation in dB when only one phone heard.
  ///
  /// Had the other direction been as strong, it would have been heard, unless that phone was asleep.
  public var oneSidedLoss: Double

  /// Makes a model of its numbers.
  ///
  /// - Parameters:
  ///   - near: The attenuation in dB up to which hearing says all it can.
  ///   - far: The attenuation in dB from which on hearing says nothing.
  ///   - spread: The deviation at one distance in dB.
  ///   - oneSidedLoss: What is added to the attenuation in dB when only one phone heard.
  public init(
    near: Double = 52, far: Double = 76, spread: Double = 8, oneSidedLoss: Double = 4
  ) {
    self.near = near
    self.far = far
    self.spread = spread
    self.oneSidedLoss = oneSidedLoss
  }

  /// Returns what a stretch of hearing says for nearness, as a share of the most that hearing can.
  ///
  /// More attenuation never says more, more uncertainty never says more, and one side never says
  /// more than both.
  ///
  /// - Parameters:
  ///   - attenuation: What got lost on the way, in dB.
  ///   - uncertainty: One standard deviation of it, in dB.
  ///   - isMutual: Whether both phones heard it.
  /// - Returns: A number from 0 to 1; 0 when a number is not one.
  public func support(attenuation: Double, uncertainty: Double, isMutual: Bool) -> Double {
    let loss = isMutual ? attenuation : attenuation + oneSidedLoss
    let strength = min(1, max(0, (far - loss) / (far - near)))
    let trust = spread * spread / (spread * spread + uncertainty * uncertainty)
    let support = strength * trust
    return support.isNaN ? 0 : support
  }

  /// Returns what an entry of evidence says for nearness, from 0 to 1.
  public func support(of radio: PairEvidence.Radio) -> Double {
    support(
      attenuation: radio.attenuation, uncertainty: radio.uncertainty, isMutual: radio.isMutual)
  }
}
