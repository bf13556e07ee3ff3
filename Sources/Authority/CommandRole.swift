import WardenMessages

extension Command: RoleBound {
    /// Commands of doors and alarms are an operator's work; a kind that this version does not know is nobody's.
    public var requiredRole: Role? {
        switch kind {
        case .doorUnlock, .doorLock, .doorFree, .doorLockdown, .doorRestore: .operator
        case .alarmAcknowledge, .alarmSilence, .alarmReset, .fireReset, .fallCancel: .operator
        case .none, .unrecognised: nil
        }
    }
}
