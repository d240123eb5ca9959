internal import Evaluation

/// The pictures of docs/evaluation.md.
enum EvaluationPlots {
  /// Precision by recall, a panel for each adoption.
  static func precisionRecall(
    _ panels: [(
      title: String,
      curves: [(
        method: ContactExperiment.Method, points: [(recall: Double, precision: Double)]
      )]
    )]
  ) -> String {
    var text = ""
    var legend: [ChartPanel.Series] = []
    for (number, panel) in panels.enumerated() {
      let series = panel.curves.enumerated().map { place, curve in
        ChartPanel.Series(
          name: name(curve.method), colour: Drawing.colours[place],
          points: curve.points.map { ($0.recall, $0.precision) },
          isDashed: curve.method != .fused)
      }
      legend = series
      text +=
        ChartPanel(
          title: panel.title, left: 80 + Double(number) * 300, top: 66, width: 240, height: 260,
          x: .linear(0...1, marks: [0, 0.2, 0.4, 0.6, 0.8, 1]),
          y: .logarithmic(0.005...1, marks: [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]),
          xTitle: "recall of reachable contacts", yTitle: number == 0 ? "precision" : "",
          series: series
        ).svg
    }
    let width = 80 + Double(panels.count) * 300
    return Drawing.svg(
      width: width + 230, height: 380, title: "Naming contacts: precision by recall",
      text + ChartPanel.legend(legend, x: width, y: 80))
  }

  /// What was predicted against what came, a panel for each group of pairs.
  static func calibration(_ panels: [(title: String, calibration: Calibration)]) -> String {
    let marks = [0.0001, 0.001, 0.01, 0.1, 1]
    let text = panels.enumerated().map { number, panel in
      let even = ChartPanel.Series(
        name: "as predicted", colour: "#999", points: [(0.0001, 0.0001), (1, 1)], isDashed: true)
      let bins = ChartPanel.Series(
        name: "observed", colour: Drawing.colours[0],
        points: panel.calibration.bins.map { ($0.predicted, $0.observed) },
        whiskers: panel.calibration.bins.map { bin in
          let interval = wilson(bin.observed, Double(bin.count))
          return (bin.predicted, interval.low, interval.high)
        }, isLine: false)
      return ChartPanel(
        title: panel.title, left: 80 + Double(number) * 300, top: 66, width: 240, height: 240,
        x: .logarithmic(0.0001...1, marks: marks), y: .logarithmic(0.0001...1, marks: marks),
        xTitle: "predicted", yTitle: number == 0 ? "observed" : "", series: [even, bins]
      ).svg
    }.joined()
    return Drawing.svg(
      width: 80 + Double(panels.count) * 300, height: 360,
      title: "Naming contacts: predicted probability and what came", text)
  }

  /// F1 of each answer to the distance task, with intervals.
  static func distance(
    _ experiments: [(validation: String, scores: [DistanceScores])]
  ) -> String {
    let groups = experiments.flatMap { experiment in
      experiment.scores.map { (name: "\($0.name), \(experiment.validation)", scores: $0) }
    }
    let methods = groups.first?.scores.methods.map(\.name) ?? []
    let series = methods.enumerated().map { place, method in
      let points = groups.enumerated().map { number, group in
        (
          x: Double(number) + 0.25 * Double(place) - 0.25, method: group.scores.methods[place]
        )
      }
      return ChartPanel.Series(
        name: method.replacing("_", with: " "), colour: Drawing.colours[place],
        points: points.map { ($0.x, $0.method.score.f1) },
        whiskers: points.compactMap { point in
          guard let low = point.method.f1.low, let high = point.method.f1.high else { return nil }
          return (point.x, low, high)
        }, isLine: false)
    }
    let width = 130 * Double(max(1, groups.count))
    let count = Double(groups.count)
    var text =
      ChartPanel(
        title: "F1, with 95 % of the draws of phones", left: 80, top: 66, width: width,
        height: 260,
        x: .linear(-0.6...max(0.6, count - 0.4), marks: groups.indices.map(Double.init)),
        y: .linear(0...1, marks: [0, 0.2, 0.4, 0.6, 0.8, 1]), xTitle: "", yTitle: "F1",
        xNames: groups.map { String($0.name.prefix { $0 != "," }) }, series: series
      ).svg
    // Which validation a group belongs to stands below its name.
    for (number, group) in groups.enumerated() {
      let x = 80 + width * (Double(number) + 0.6) / (count + 0.2)
      let validation = group.name.drop { $0 != "," }.dropFirst(2)
      text += """
        <text x="\(Drawing.short(x))" y="358" text-anchor="middle" font-size="10">\
        \(Drawing.escaped(String(validation)))</text>

        """
    }
    return Drawing.svg(
      width: width + 340, height: 380, title: "Within 2 m for at least 10 minutes",
      text + ChartPanel.legend(series, x: width + 110, y: 80))
  }

  private static func name(_ method: ContactExperiment.Method) -> String {
    switch method {
    case .venueOnly: "check-ins only"
    case .bluetoothOnly: "Bluetooth at 63 dB, least"
    case .bluetoothMean: "Bluetooth at 63 dB, mean"
    case .bluetoothBest: "Bluetooth, best threshold"
    case .officialWeights: "Corona-Warn-App weights"
    case .fused: "fused"
    }
  }

  /// Wilson's interval of a share.
  private static func wilson(_ share: Double, _ count: Double) -> (low: Double, high: Double) {
    let z = 1.96
    let middle = share + z * z / (2 * count)
    let half = z * (share * (1 - share) / count + z * z / (4 * count * count)).squareRoot()
    let scale = 1 + z * z / count
    return (max(0, (middle - half) / scale), min(1, (middle + half) / scale))
  }
}
