import DelimitedText
import Testing

@Suite("Record batch")
struct RecordBatchTests {
  @Test("Rows that are kept give the cells and lines they had, also after the next ones")
  func keepsRows() throws {
    let text = "id,name,note\n1,An,\"a \"\"b\"\"\nc\"\n2,,\n3,Bình,x\n"
    var reader = RecordReader(fields: [TableField("note"), TableField("id")])
    var batch = RecordBatch()
    var expected: [(cells: [String], line: Int)] = []
    for _ in 0..<2 {
      batch.removeAll()
      expected.removeAll()
      reader = RecordReader(fields: reader.fields)
      try reader.readAll(Array(text.utf8)) { record, fault in
        guard fault == nil else { return }
        batch.append(record)
        expected.append((record.cells, record.line))
      }
    }
    #expect(batch.count == 3)
    #expect(expected.map(\.cells)[0] == ["1", "An", "a \"b\"\nc"])
    #expect((0..<batch.count).map { batch.cells(of: $0) } == expected.map(\.cells))
    #expect((0..<batch.count).map { batch.line(of: $0) } == expected.map(\.line))
  }

  @Test("A JSON row without a value keeps an empty cell")
  func keepsAbsentCells() throws {
    var reader = RecordReader(fields: [TableField("id"), TableField("note")])
    var batch = RecordBatch()
    try reader.readAll(Array("{\"id\":\"1\"}\n{\"note\":\"n\"}\n".utf8)) { record, _ in
      batch.append(record)
    }
    #expect((0..<batch.count).map { batch.cells(of: $0) } == [["1", ""], ["", "n"]])
  }
}
