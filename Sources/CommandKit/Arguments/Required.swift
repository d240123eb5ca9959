/// A property of an options struct that has no sensible value until the command line gives one.
///
/// ```swift
/// struct ShowOptions {
///   @Required var venue: VenueID
/// }
/// // .argument("ID", \.$venue, help: "The venue")
/// ```
///
/// The projected property, with the dollar sign, goes into the table and makes the argument or option
/// a required one. The parser sets it before a command runs, so that reading it there cannot fail.
/// Reading one that was never set is a programming error and traps.
@propertyWrapper
public struct Required<Value: Sendable>: Sendable {
  private var stored: Value?

  /// Makes a property without a value.
  public init() {}

  /// Makes a property with a value, for tests and for calls that do not come from a command line.
  public init(wrappedValue: Value) {
    stored = wrappedValue
  }

  /// The value the command line gave.
  public var wrappedValue: Value {
    get {
      guard let stored else {
        preconditionFailure("a required parameter was read before the command line was parsed")
      }
      return stored
    }
    set { stored = newValue }
  }

  /// The property itself, for the table of parameters.
  ///
  /// Setting through a key path may read the old value first; this one is always there to be read.
  public var projectedValue: Required {
    get { self }
    set { self = newValue }
  }
}

extension Required: Equatable where Value: Equatable {}
