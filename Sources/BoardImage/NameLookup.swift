import FixedMemory
import WardenMessages

// Names are for people: a command or a query gives one, everything inside works with places.
extension BoardImage {
    /// The place of the line with this name, or `nil`. So for all the others.
    public func find(line name: Span<UInt8>) -> Int? {
        for index in lines.indices where equal(lines[index].name, name) { return index }
        return nil
    }

    public func find(bus name: Span<UInt8>) -> Int? {
        for index in buses.indices where equal(buses[index].name, name) { return index }
        return nil
    }

    public func find(port name: Span<UInt8>) -> Int? {
        for index in ports.indices where equal(ports[index].name, name) { return index }
        return nil
    }

    public func find(sensor name: Span<UInt8>) -> Int? {
        for index in sensors.indices where equal(sensors[index].name, name) { return index }
        return nil
    }

    public func find(point name: Span<UInt8>) -> Int? {
        for index in points.indices where equal(points[index].name, name) { return index }
        return nil
    }

    public func find(reader name: Span<UInt8>) -> Int? {
        for index in readers.indices where equal(readers[index].name, name) { return index }
        return nil
    }

    public func find(consoleUser name: Span<UInt8>) -> Int? {
        for index in consoleUsers.indices where equal(consoleUsers[index].name, name) { return index }
        return nil
    }

    public func find(door name: Span<UInt8>) -> Int? {
        for index in doors.indices where equal(doors[index].name, name) { return index }
        return nil
    }

    public func find(detector name: Span<UInt8>) -> Int? {
        for index in detectors.indices where equal(detectors[index].name, name) { return index }
        return nil
    }

    public func find(effect name: Span<UInt8>) -> Int? {
        for index in effects.indices where equal(effects[index].name, name) { return index }
        return nil
    }

    public func find(cardFormat name: Span<UInt8>) -> Int? {
        for index in cardFormats.indices where equal(cardFormats[index].name, name) { return index }
        return nil
    }

    public func find(area name: Span<UInt8>) -> Int? {
        for index in areas.indices where equal(areas[index].name, name) { return index }
        return nil
    }

    public func find(interlock name: Span<UInt8>) -> Int? {
        for index in interlocks.indices where equal(interlocks[index].name, name) { return index }
        return nil
    }

    public func find(lift name: Span<UInt8>) -> Int? {
        for index in lifts.indices where equal(lifts[index].name, name) { return index }
        return nil
    }

    public func find(holiday name: Span<UInt8>) -> Int? {
        for index in holidays.indices where equal(holidays[index].name, name) { return index }
        return nil
    }

    public func find(group name: Span<UInt8>) -> Int? {
        for index in groups.indices where equal(groups[index].name, name) { return index }
        return nil
    }

    public func find(schedule name: Span<UInt8>) -> Int? {
        for index in schedules.indices where equal(schedules[index].name, name) { return index }
        return nil
    }
}

private func equal(_ name: FixedBytes<32>, _ other: Span<UInt8>) -> Bool {
    guard name.count == other.count else { return false }
    for index in 0..<name.count where name[index] != other[index] { return false }
    return true
}
