/// The columns a text takes on a terminal.
///
/// Counted by what is seen: a Vietnamese letter with two marks is one column, composed or not; East
/// Asian wide letters and emoji are two; marks and invisible characters none.
public func displayWidth(_ text: String) -> Int {
  if isPlainASCII(text) { return text.utf8.count }
  return text.reduce(0) { $0 + displayWidth($1) }
}

/// Returns the text cut to so many columns, with `…` where something was cut away.
public func truncated(_ text: String, to width: Int) -> String {
  guard displayWidth(text) > width else { return text }
  guard width > 0 else { return "" }
  var kept = ""
  var used = 0
  for character in text {
    let next = displayWidth(character)
    if used + next > width - 1 { break }
    kept.append(character)
    used += next
  }
  return kept + "…"
}

/// Returns the words of a text in lines of so many columns; a longer word has a line of its own.
func wrapped(_ text: String, to columns: Int) -> [String] {
  var lines: [String] = []
  var line = ""
  for word in text.split(whereSeparator: \.isWhitespace) {
    if !line.isEmpty, displayWidth(line) + 1 + displayWidth(String(word)) > columns {
      lines.append(line)
      line = ""
    }
    line += line.isEmpty ? String(word) : " \(word)"
  }
  if !line.isEmpty { lines.append(line) }
  return lines
}

/// Returns the text with what could move a terminal's cursor or reorder the line made visible.
///
/// Names and codes come from outside; an escape sequence in one must not reach a terminal.
public func harmless(_ text: String) -> String {
  guard !isPlainASCII(text), text.unicodeScalars.contains(where: isHarmful) else { return text }
  var result = ""
  for scalar in text.unicodeScalars {
    if isHarmful(scalar) {
      result += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
    } else {
      result.unicodeScalars.append(scalar)
    }
  }
  return result
}

private func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0..<0x20, 0x7F..<0xA0: true
  // Line and paragraph separators, and the controls that turn the direction of writing.
  case 0x2028, 0x2029, 0x200E, 0x200F, 0x061C, 0x202A...0x202E, 0x2066...0x2069: true
  default: false
  }
}

private func isPlainASCII(_ text: String) -> Bool {
  func isPlain(_ bytes: some Sequence<UInt8>) -> Bool {
    bytes.allSatisfy { (0x20..<0x7F).contains($0) }
  }
  // By pointer where that can be: tables of tens of thousands of rows ask this of every cell.
  return text.utf8.withContiguousStorageIfAvailable(isPlain) ?? isPlain(text.utf8)
}

private func displayWidth(_ character: Character) -> Int {
  var width = 0
  for scalar in character.unicodeScalars {
    // An emoji selector makes a picture of a sign; all other parts of one character share its place.
    if scalar.value == 0xFE0F { return 2 }
    if width == 0 { width = displayWidth(scalar) }
  }
  return width
}

private func displayWidth(_ scalar: Unicode.Scalar) -> Int {
  let value = scalar.value
  if value < 0x300 {
    // The soft hyphen is shown by terminals.
    return value < 0x20 || (0x7F..<0xA0).contains(value) ? 0 : 1
  }
  switch scalar.properties.generalCategory {
  case .nonspacingMark, .enclosingMark, .format, .control, .lineSeparator, .paragraphSeparator:
    return 0
  default:
    break
  }
  switch value {
  // Hangul vowels and finals join the syllable before them.
  case 0x1160...0x11FF, 0xD7B0...0xD7FF: return 0
  // Wide and fullwidth blocks of Unicode's East Asian Width; pictures follow below.
  case 0x1100...0x115F, 0x2329...0x232A, 0x2E80...0x303E, 0x3041...0x4DBF, 0x4E00...0xA4CF,
    0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F,
    0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x18CFF, 0x1AFF0...0x1B2FF, 0x1F200...0x1F265,
    0x20000...0x3FFFD:
    return 2
  default:
    return scalar.properties.isEmojiPresentation ? 2 : 1
  }
}
