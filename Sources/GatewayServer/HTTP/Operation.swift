/// What the description of the interface says of a route.
public struct Operation: Sendable {
  /// A parameter of the query, the path or the head.
  public struct Parameter: Sendable {
    /// Where it stands.
    public enum Place: String, Sendable {
      /// In the path.
      case path
      /// In the query.
      case query
      /// In the head.
      case header
    }

    /// Its name.
    public let name: String
    /// Where it stands.
    public let place: Place
    /// What values it has.
    public let schema: Schema
    /// Whether it must be there; always so in a path.
    public let isRequired: Bool
    /// What it means.
    public let summary: String

    /// Makes a parameter.
    public init(
      _ name: String, in place: Place, _ schema: Schema, isRequired: Bool = false,
      _ summary: String
    ) {
      self.name = name
      self.place = place
      self.schema = schema
      self.isRequired = isRequired || place == .path
      self.summary = summary
    }
  }

  /// A body that is taken or given.
  public struct Content: Sendable {
    /// The media types, without parameters.
    public let types: [String]
    /// What it says.
    public let schema: Schema

    /// Makes a body.
    public init(_ types: [String], _ schema: Schema) {
      self.types = types
      self.schema = schema
    }

    /// A body of JSON.
    public static func json(_ schema: Schema) -> Content {
      Content(["application/json"], schema)
    }

    /// A body of text of a type.
    public static func text(_ type: String = "text/plain") -> Content {
      Content([type], .string())
    }

    /// A body of bytes.
    public static func bytes(_ type: String = "application/octet-stream") -> Content {
      Content([type], .binary)
    }
  }

  /// One answer that a route gives.
  public struct Response: Sendable {
    /// The status.
    public let status: Int
    /// When it is given.
    public let summary: String
    /// The body; nil for none.
    public let content: Content?

    /// Makes an answer.
    public init(_ status: Int, _ summary: String, _ content: Content? = nil) {
      self.status = status
      self.summary = summary
      self.content = content
    }
  }

  /// A name of its own, such as `checkIn`.
  public let id: String
  /// What it does, in a sentence.
  public let summary: String
  /// What the sentence leaves open.
  public let discussion: String
  /// The group it is shown in.
  public let tag: String
  /// Its parameters.
  public let parameters: [Parameter]
  /// The body it takes; nil for none.
  public let body: Content?
  /// The answers when all is well; those for problems are the same everywhere.
  public let responses: [Response]
  /// The statuses of the problems that only this route has, such as 409.
  public let problems: [Int]

  /// Makes a description.
  public init(
    _ id: String, _ summary: String, discussion: String = "", tag: String,
    parameters: [Parameter] = [], body: Content? = nil, responses: [Response],
    problems: [Int] = []
  ) {
    self.id = id
    self.summary = summary
    self.discussion = discussion
    self.tag = tag
    self.parameters = parameters
    self.body = body
    self.responses = responses
    self.problems = problems
  }
}

/// What a value of JSON may be.
public indirect enum Schema: Sendable {
  /// A text.
  case text(format: String?, pattern: String?, length: ClosedRange<Int>?, words: [String])
  /// A whole number.
  case integer(ClosedRange<Int64>?)
  /// A number.
  case number
  /// True or false.
  case boolean
  /// Bytes.
  case binary
  /// A list with at most so many elements.
  case list(Schema, most: Int?)
  /// An object of these members and no others.
  case object([Member])
  /// An object of any members with values of one sort.
  case dictionary(Schema)
  /// One of several.
  case either([Schema])
  /// A value, or null.
  case optional(Schema)
  /// Anything.
  case any

  /// A member of an object.
  public struct Member: Sendable {
    /// Its name.
    public let name: String
    /// Its values.
    public let schema: Schema
    /// Whether it must be there.
    public let isRequired: Bool
    /// What it means.
    public let summary: String

    /// Makes a member.
    public init(_ name: String, _ schema: Schema, isRequired: Bool = true, _ summary: String = "") {
      self.name = name
      self.schema = schema
      self.isRequired = isRequired
      self.summary = summary
    }
  }

  /// A text, of a format such as `uuid` or `date-time`, a pattern, or a length in characters.
  public static func string(
    format: String? = nil, pattern: String? = nil, length: ClosedRange<Int>? = nil
  ) -> Schema {
    .text(format: format, pattern: pattern, length: length, words: [])
  }

  /// One of some words.
  public static func word(_ words: [String]) -> Schema {
    .text(format: nil, pattern: nil, length: nil, words: words)
  }
}
