import CrossMatch
import Presence
import TestSupport
import Testing

@Suite("Listening") struct ListeningViewTests {
  @Test("Spans of random segments are the seconds that any record has", arguments: 0..<20)
  func spans(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var segments: [ListeningSegment] = []
    var seconds: [SubjectNumber: Set<Int32>] = [:]
    for _ in 0..<Int.random(in: 0...3, using: &generator) {
      var records: [ListeningRecord] = []
      for _ in 0..<Int.random(in: 0...30, using: &generator) {
        let person = SubjectNumber.random(in: 0..<4, using: &generator)
        let start = Int32.random(in: -100...100, using: &generator)
        let end = start + Int32.random(in: 0...20, using: &generator)
        records.append(ListeningRecord(person: person, start: start, end: end))
        seconds[person, default: []].formUnion(start..<end)
      }
      segments.append(ListeningSegment(records))
    }
    let view = ListeningView(segments)
    for person: SubjectNumber in 0..<5 {
      let spans = view.spans(of: person)
      #expect(Set(spans.joined()) == seconds[person] ?? [], "seed \(seed)")
      for (span, next) in zip(spans, spans.dropFirst()) {
        #expect(span.upperBound < next.lowerBound, "seed \(seed)")
      }
      var each: Set<Int32> = []
      view.forEachSpan(of: person) { each.formUnion($0..<$1) }
      #expect(each == seconds[person] ?? [], "seed \(seed)")
    }
  }
}
