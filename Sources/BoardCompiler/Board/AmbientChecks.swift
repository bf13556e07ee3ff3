import WardenMessages

/// What gas and carbon dioxide sensors ask of the points from which they learn what others measure around them.
struct AmbientChecks {
    let context: ReadingContext

    func run(_ board: BoardDescription) {
        for sensor in board.sensors where sensor.isWhole {
            switch sensor.value.chip {
            case .sgp40(let options):
                check(options.temperaturePoint, options.humidityPoint, sensor, board)
            case .sgp41(let options):
                check(options.temperaturePoint, options.humidityPoint, sensor, board)
            case .scd4x(let options): checkUnit(options.pressurePoint, "pressure", .pascal, sensor, board)
            default: continue
            }
        }
    }

    private func check(
        _ temperature: UInt32?, _ humidity: UInt32?, _ sensor: Described<Sensor>, _ board: BoardDescription
    ) {
        guard (temperature == nil) == (humidity == nil) else {
            let present = temperature == nil ? "humidity" : "temperature"
            let missing = temperature == nil ? "temperature" : "humidity"
            context.report(
                at: sensor.places[present], "sensor '\(sensor.name)': it has '\(present)' without '\(missing)'",
                remedy: "add '\(missing)': the chip takes both or none")
            return
        }
        checkUnit(temperature, "temperature", .millidegreeCelsius, sensor, board)
        checkUnit(humidity, "humidity", .millipercentRelativeHumidity, sensor, board)
    }

    private func checkUnit(
        _ place: UInt32?, _ key: String, _ unit: PointUnit, _ sensor: Described<Sensor>, _ board: BoardDescription
    ) {
        guard let place, place < board.points.count, board.points[Int(place)].isWhole else { return }
        let point = board.points[Int(place)]
        if point.value.message.unit != unit {
            context.report(
                at: sensor.places[key],
                "sensor '\(sensor.name)': point '\(point.name)' is in \(PointUnitDescription.of(point.value.message.unit).symbol), not in \(PointUnitDescription.of(unit).symbol)",
                remedy: "name a point in \(PointUnitDescription.of(unit).symbol)")
        } else if point.value.sensorName == sensor.name {
            context.report(
                at: sensor.places[key], "sensor '\(sensor.name)': point '\(point.name)' is its own",
                remedy: "name a point of another sensor at the same place")
        }
    }
}
