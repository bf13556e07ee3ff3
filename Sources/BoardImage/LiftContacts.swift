import WardenMessages

extension Lift {
    /// The output that gives an order; `nil` where the lift cannot be told so.
    public func line(of order: LiftOrder) -> UInt32? {
        switch order {
        case .recall: recallLine
        case .stay: stayLine
        case .none, .unrecognised: nil
        }
    }
}
