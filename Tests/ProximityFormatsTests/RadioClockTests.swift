import ProximityFormats
import Testing

@Suite("Moments as phones write them")
struct RadioClockTests {
  @Test(
    "Milliseconds and seconds give the same moment",
    arguments: [1_596_866_191_387.0, 1_596_866_191.387, 1_596_866_191])
  func readsEither(timestamp: Double) {
    #expect(RadioClock.unixSeconds(timestamp) == 1_596_866_191)
  }

  @Test(
    "What is no moment is refused",
    arguments: [0, -1, .nan, .infinity, -.infinity, 1e40, 978_307_199, 2e10])
  func refusesOthers(timestamp: Double) {
    #expect(RadioClock.unixSeconds(timestamp) == nil)
  }
}
