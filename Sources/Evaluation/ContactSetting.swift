internal import Fusion

/// What is assumed where no data set says it: all of it is printed with every result.
public struct ContactSetting: Hashable, Sendable {
  /// The seconds of contact on a day that are to be found; as a rule those that the product asks.
  public var contactSeconds = Int64(ContactModel.contactSeconds)
  /// The share of people with the app.
  public var adoption = 0.4
  /// How often a person scans on a visit: one entry, and seldom an exit.
  ///
  /// 304,916 scans by 236,404 people in Hanoi on 14 October 2021.
  public var scansPerPerson = 1.29
  /// The share of phones that, in the background, hear others half of the time and each other never.
  public var deafShare = 0.35
  /// The share of minutes that such a phone hears nobody.
  public var deafMinutes = 0.5
  /// The floor that each person who is there has, in square metres: how near strangers are.
  public var squareMetresPerPerson = 20.0
  /// The share of their time that people spend anywhere else than at their own place.
  public var excursionShare = 0.0
  /// How long such an excursion takes on average, in minutes.
  public var excursionMinutes = 10.0
  /// The minutes before and after a contact in which the two are still 2 to 4 metres apart.
  public var lingeringMinutes: Int64 = 5
  /// The standard deviation of what nobody knows of two phones, in dB, as the model is told it.
  public var deviceUncertainty: UInt8 = 5

  /// Makes the usual assumptions.
  public init() {}
}
