/// Radio strength on its way from one phone to another.
public enum Attenuation {
  /// Returns what got lost on the way, in dB: transmit power minus received strength.
  ///
  /// - Parameters:
  ///   - receivedStrength: What the hearing phone measured, in dBm (RSSI).
  ///   - transmitPower: What the heard phone says it sent with, in dBm.
  /// - Returns: The difference, or nil when a number is one that no radio measures: the strength
  ///   must be from −127 to 20 dBm (127 is what radios say when they cannot tell), the power from
  ///   −127 to 30 dBm.
  public static func decibels(receivedStrength: Int, transmitPower: Int) -> Int16? {
    guard (-127...20).contains(receivedStrength), (-127...30).contains(transmitPower) else {
      return nil
    }
    return Int16(transmitPower - receivedStrength)
  }
}
