import Posters

extension PosterLayout {
  /// What is wrong with the layout of a sheet, in words.
  ///
  /// - Parameters:
  ///   - kind: The sheet.
  ///   - allowsBelowMinimum: Whether the code may be smaller than the authority asks for.
  /// - Returns: One sentence for each fault.
  func problems(on kind: SheetKind, allowsBelowMinimum: Bool = false) -> [String] {
    var found: [String] = []
    for face in faces {
      for block in face.blocks where !face.printable.contains(block.frame) {
        found.append("\(block.part) leaves the face")
      }
    }
    for code in symbols {
      for face in faces where face.shapes.contains(where: code.quietZone.overlaps) {
        found.append("a shape lies over the quiet zone")
      }
    }
    let blocks = self.blocks
    for (index, block) in blocks.enumerated() {
      if !page.contains(block.ink) { found.append("\(block.part) is cut") }
      for code in symbols
      where code.quietZone.overlaps(block.frame) || code.quietZone.overlaps(block.ink) {
        found.append("\(block.part) stands in the quiet zone")
      }
      for other in blocks[(index + 1)...]
      where other.frame.overlaps(block.frame) || other.ink.overlaps(block.ink) {
        found.append("\(block.part) covers \(other.part)")
      }
      if block.pointSize < (kind.isCompact ? 4 : 5) { found.append("\(block.part) is too small") }
    }
    let minimum = allowsBelowMinimum ? 0 : kind.authorityMinimum ?? 0
    for (index, code) in symbols.enumerated() {
      if code.modules.width < minimum - 1e-9 { found.append("the code is too small") }
      if !page.contains(code.quietZone) { found.append("the quiet zone leaves the page") }
      if abs(code.modules.width - code.modules.height) > 1e-9 { found.append("it is no square") }
      for other in symbols[(index + 1)...] where code.quietZone.overlaps(other.quietZone) {
        found.append("a code stands in another's quiet zone")
      }
    }
    return found
  }
}
