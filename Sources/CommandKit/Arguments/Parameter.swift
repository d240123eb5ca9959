/// Where a parameter's value goes in the options.
public typealias Property<Root, Value> = any WritableKeyPath<Root, Value> & Sendable

/// One parameter of a command: how it is written, what it does, and where its value goes.
///
/// A command is a table of these. The property says how the parameter behaves: a plain one has a
/// default (the value it holds), an optional one may be absent, one that is `Required` must be
/// given, and an array may be repeated.
public struct Parameter<Root>: Sendable {
  /// What others read: help, completions, manual.
  public let description: ParameterDescription

  /// Puts a word's value in place; the flag is true for the first word given to a parameter, so
  /// that what is given replaces a default list instead of adding to it.
  let store: @Sendable (inout Root, String, _ isFirst: Bool) throws(UsageError) -> Void

  /// The default as one would type it.
  let defaultText: @Sendable (Root) -> String?

  // MARK: Arguments

  /// Describes a word by position that must be given.
  public static func argument<V: ArgumentValue>(
    _ name: String, _ path: Property<Root, Required<V>>, completes: Completion? = nil,
    help: String
  ) -> Self {
    Self(
      V.self, .argument, name, nil, name, completes, minimum: 1, help, setting(path, of: name),
      defaultText: { _ in nil })
  }

  /// Describes a word by position that has a default.
  public static func argument<V: ArgumentValue>(
    _ name: String, _ path: Property<Root, V>, completes: Completion? = nil, help: String
  ) -> Self {
    Self(
      V.self, .argument, name, nil, name, completes, minimum: 0, help, setting(path, of: name),
      defaultText: { $0[keyPath: path].argumentText })
  }

  /// Describes a word by position that may be absent.
  public static func argument<V: ArgumentValue>(
    _ name: String, _ path: Property<Root, V?>, completes: Completion? = nil, help: String
  ) -> Self {
    Self(
      V.self, .argument, name, nil, name, completes, minimum: 0, help, setting(path, of: name),
      defaultText: { $0[keyPath: path]?.argumentText })
  }

  /// Describes all further words by position; the last of a command's arguments.
  public static func arguments<V: ArgumentValue>(
    _ name: String, _ path: Property<Root, [V]>, minimum: Int = 0, completes: Completion? = nil,
    help: String
  ) -> Self {
    Self(
      V.self, .repeatedArgument, name, nil, name, completes, minimum: minimum, help,
      appending(path, of: name, separator: nil), defaultText: listText(path, separator: " "))
  }

  // MARK: Options

  /// Describes a named value that must be given.
  public static func option<V: ArgumentValue>(
    _ name: String, short: Character? = nil, _ path: Property<Root, Required<V>>,
    value: String? = nil, completes: Completion? = nil, help: String
  ) -> Self {
    Self(
      V.self, .option, name, short, value, completes, minimum: 1, help, setting(path, of: name),
      defaultText: { _ in nil })
  }

  /// Describes a named value with a default.
  public static func option<V: ArgumentValue>(
    _ name: String, short: Character? = nil, _ path: Property<Root, V>, value: String? = nil,
    completes: Completion? = nil, help: String
  ) -> Self {
    Self(
      V.self, .option, name, short, value, completes, minimum: 0, help, setting(path, of: name),
      defaultText: { $0[keyPath: path].argumentText })
  }

  /// Describes a named value that may be absent.
  public static func option<V: ArgumentValue>(
    _ name: String, short: Character? = nil, _ path: Property<Root, V?>, value: String? = nil,
    completes: Completion? = nil, help: String
  ) -> Self {
    Self(
      V.self, .option, name, short, value, completes, minimum: 0, help, setting(path, of: name),
      defaultText: { $0[keyPath: path]?.argumentText })
  }

  /// Describes a named value within bounds that must be given.
  public static func option<V: ArgumentValue & Comparable>(
    _ name: String, short: Character? = nil, _ path: Property<Root, Required<V>>,
    in range: ClosedRange<V>, value: String? = nil, help: String
  ) -> Self {
    Self(
      V.self, .option, name, short, value, nil, minimum: 1, help,
      setting(path, of: name, in: range), defaultText: { _ in nil })
  }

  /// Describes a named value within bounds with a default.
  public static func option<V: ArgumentValue & Comparable>(
    _ name: String, short: Character? = nil, _ path: Property<Root, V>, in range: ClosedRange<V>,
    value: String? = nil, help: String
  ) -> Self {
    Self(
      V.self, .option, name, short, value, nil, minimum: 0, help,
      setting(path, of: name, in: range), defaultText: { $0[keyPath: path].argumentText })
  }

  /// Describes a named value within bounds that may be absent.
  public static func option<V: ArgumentValue & Comparable>(
    _ name: String, short: Character? = nil, _ path: Property<Root, V?>, in range: ClosedRange<V>,
    value: String? = nil, help: String
  ) -> Self {
    Self(
      V.self, .option, name, short, value, nil, minimum: 0, help,
      setting(path, of: name, in: range), defaultText: { $0[keyPath: path]?.argumentText })
  }

  /// Describes a named value that may be given more than once, or as a list in one word.
  ///
  /// What is given replaces the values the property held before.
  public static func options<V: ArgumentValue>(
    _ name: String, short: Character? = nil, _ path: Property<Root, [V]>,
    separatedBy separator: Character? = nil, minimum: Int = 0, value: String? = nil,
    completes: Completion? = nil, help: String
  ) -> Self {
    Self(
      V.self, .repeatedOption, name, short, value, completes, minimum: minimum,
      separator: separator, help, appending(path, of: name, separator: separator),
      defaultText: listText(path, separator: separator ?? " "))
  }

  /// Describes a name that sets a property to true, or to false with `sets: false`.
  public static func flag(
    _ name: String, short: Character? = nil, _ path: Property<Root, Bool>,
    sets value: Bool = true, help: String
  ) -> Self {
    Self(
      description: ParameterDescription(
        shape: .flag, name: name, short: short, placeholder: "", help: help, kind: "", choices: [],
        completion: .none, minimum: 0, separator: nil),
      store: { root, _, _ throws(UsageError) in root[keyPath: path] = value },
      defaultText: { _ in nil })
  }
}

// MARK: - Making

extension Parameter {
  typealias Store = @Sendable (inout Root, String, Bool) throws(UsageError) -> Void

  private init<V: ArgumentValue>(
    _ type: V.Type, _ shape: ParameterDescription.Shape, _ name: String, _ short: Character?,
    _ placeholder: String?, _ completion: Completion?, minimum: Int, separator: Character? = nil,
    _ help: String, _ store: @escaping Store,
    defaultText: @escaping @Sendable (Root) -> String?
  ) {
    self.init(
      description: ParameterDescription(
        shape: shape, name: name, short: short, placeholder: placeholder ?? V.placeholder,
        help: help, kind: V.kind, choices: V.choices, completion: completion ?? V.completion,
        minimum: minimum, separator: separator),
      store: store, defaultText: defaultText)
  }

  private static func setting<V: ArgumentValue>(
    _ path: Property<Root, V>, of name: String
  ) -> Store {
    { root, word, _ throws(UsageError) in root[keyPath: path] = try value(of: word, for: name) }
  }

  private static func setting<V: ArgumentValue>(
    _ path: Property<Root, V?>, of name: String
  ) -> Store {
    { root, word, _ throws(UsageError) in
      let read: V = try value(of: word, for: name)
      root[keyPath: path] = read
    }
  }

  private static func setting<V: ArgumentValue>(
    _ path: Property<Root, Required<V>>, of name: String
  ) -> Store {
    { root, word, _ throws(UsageError) in
      root[keyPath: path] = Required(wrappedValue: try value(of: word, for: name))
    }
  }

  private static func setting<V: ArgumentValue & Comparable>(
    _ path: Property<Root, V>, of name: String, in range: ClosedRange<V>
  ) -> Store {
    { root, word, _ throws(UsageError) in
      root[keyPath: path] = try value(of: word, for: name, in: range)
    }
  }

  private static func setting<V: ArgumentValue & Comparable>(
    _ path: Property<Root, V?>, of name: String, in range: ClosedRange<V>
  ) -> Store {
    { root, word, _ throws(UsageError) in
      root[keyPath: path] = try value(of: word, for: name, in: range)
    }
  }

  private static func setting<V: ArgumentValue & Comparable>(
    _ path: Property<Root, Required<V>>, of name: String, in range: ClosedRange<V>
  ) -> Store {
    { root, word, _ throws(UsageError) in
      root[keyPath: path] = Required(wrappedValue: try value(of: word, for: name, in: range))
    }
  }

  private static func appending<V: ArgumentValue>(
    _ path: Property<Root, [V]>, of name: String, separator: Character?
  ) -> Store {
    { root, word, isFirst throws(UsageError) in
      if isFirst { root[keyPath: path] = [] }
      guard let separator else {
        root[keyPath: path].append(try value(of: word, for: name))
        return
      }
      for part in word.split(separator: separator, omittingEmptySubsequences: false) {
        root[keyPath: path].append(try value(of: String(part), for: name))
      }
    }
  }

  private static func listText<V: ArgumentValue>(
    _ path: Property<Root, [V]>, separator: Character
  ) -> @Sendable (Root) -> String? {
    { root in
      let values = root[keyPath: path]
      return values.isEmpty
        ? nil : values.map(\.argumentText).joined(separator: String(separator))
    }
  }

  private static func value<V: ArgumentValue>(
    of word: String, for name: String
  ) throws(UsageError) -> V {
    do {
      return try V(argument: word)
    } catch {
      let reason = error.reason ?? "is not \(V.kind)"
      throw UsageError(
        "\(name): '\(word)' \(reason)",
        hint: error.hint ?? closest(to: word, in: V.choices).map { "did you mean \($0)?" })
    }
  }

  private static func value<V: ArgumentValue & Comparable>(
    of word: String, for name: String, in range: ClosedRange<V>
  ) throws(UsageError) -> V {
    let value: V = try value(of: word, for: name)
    guard range.contains(value) else {
      let bounds = "\(range.lowerBound.argumentText) to \(range.upperBound.argumentText)"
      throw UsageError(
        "\(name): \(word) is out of range", hint: "give \(V.kind) from \(bounds)")
    }
    return value
  }
}
