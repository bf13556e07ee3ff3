import FixedMemory
import WardenMessages

// What the state of a board holds of the schema's messages.

extension Carried where Self: MessageEnum {
    public mutating func carry(_ state: inout StateCarrier) {
        var number = rawValue
        state.carry(&number)
        self = Self(rawValue: number)
    }
}

extension ActorKind: Carried {}
extension CommandKind: Carried {}

extension Actor: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&kind)
        state.carry(&index)
        state.carry(&user)
    }
}

extension Command: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&kind)
        state.carry(&target)
        state.carry(&deadlineNs)
        state.carry(&value)
        state.carry(&seconds)
    }
}
