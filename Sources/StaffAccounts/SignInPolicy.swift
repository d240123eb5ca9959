public import VenueCodes

/// How long one has to wait after failures: nothing for the first few, then twice as long each time.
public struct Backoff: Hashable, Sendable {
  /// The failures that cost no waiting.
  public var free: Int
  /// The wait after the first failure that does, in seconds.
  public var first: Int64
  /// The longest wait, in seconds.
  public var longest: Int64

  /// Makes a rule; see the properties.
  public init(free: Int, first: Int64, longest: Int64) {
    self.free = free
    self.first = first
    self.longest = longest
  }

  /// Returns the seconds from the last failure on in which no try is heard.
  ///
  /// - Complexity: O(1).
  public func wait(afterFailures failures: Int) -> Int64 {
    guard failures > free else { return 0 }
    let doublings = failures - free - 1
    guard doublings < 40 else { return longest }
    return min(longest, first << Int64(doublings))
  }
}

/// The times and limits of signing in.
///
/// Whoever guesses waits longer and longer, and never so long that the person whose account it is
/// is kept out: an address from which they signed in before has counters of its own, and the counter
/// of all other addresses has a short longest wait.
public struct SignInPolicy: Sendable {
  /// What a guess of a password costs.
  public var cost: PassphraseCost
  /// The wait of one address at one account.
  public var perPair: Backoff
  /// The wait of one address at all accounts.
  public var perAddress: Backoff
  /// The wait of all unfamiliar addresses together at one account.
  public var perAccount: Backoff
  /// The wait of all unfamiliar addresses together at the second factor of one account.
  ///
  /// Longer, because only who knows the password comes so far, and a code has few digits.
  public var perFactor: Backoff
  /// After how many seconds without a failure failures are forgotten.
  public var memory: Int64
  /// How long the second step may be after the first, in seconds.
  public var ticketLife: Int64
  /// How many wrong codes end a sign-in that was begun.
  public var codesPerTicket: Int
  /// How long a session lives without a request, in seconds.
  public var idleLife: Int64
  /// How long a session lives at all, in seconds.
  public var sessionLife: Int64
  /// How long an address stays familiar after a sign-in, in seconds.
  public var familiarity: Int64

  /// The defaults; see the properties and docs/accounts.md.
  public init(
    cost: PassphraseCost = .standard,
    perPair: Backoff = Backoff(free: 3, first: 1, longest: 900),
    perAddress: Backoff = Backoff(free: 20, first: 1, longest: 900),
    perAccount: Backoff = Backoff(free: 10, first: 1, longest: 60),
    perFactor: Backoff = Backoff(free: 5, first: 30, longest: 3_600),
    memory: Int64 = 86_400, ticketLife: Int64 = 300, codesPerTicket: Int = 3,
    idleLife: Int64 = 1_800, sessionLife: Int64 = 43_200, familiarity: Int64 = 2_592_000
  ) {
    self.cost = cost
    self.perPair = perPair
    self.perAddress = perAddress
    self.perAccount = perAccount
    self.perFactor = perFactor
    self.memory = memory
    self.ticketLife = ticketLife
    self.codesPerTicket = codesPerTicket
    self.idleLife = idleLife
    self.sessionLife = sessionLife
    self.familiarity = familiarity
  }
}
