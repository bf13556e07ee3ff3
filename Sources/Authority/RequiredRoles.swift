import WardenMessages

extension Command: RoleBound {
    /// Commands of doors and alarms are an operator's work, bypassing and testing a detector and giving a reader its key a
    /// technician's; what only audits say, and a kind that this version does not know, is nobody's.
    public var requiredRole: Role? {
        switch kind {
        case .doorUnlock, .doorLock, .doorFree, .doorLockdown, .doorRestore: .operator
        case .alarmAcknowledge, .alarmSilence, .alarmReset, .fireReset, .fallCancel: .operator
        // So is what residents ask for: less sensitive while they cook, nobody expected while they travel.
        case .detectorHush, .residentAway, .residentReturned: .operator
        case .detectorCleaned, .detectorServiced: .technician
        // Taking a detector out of service is maintenance (EN 54-2, access level 2 with a key, or 3).
        case .alarmBypass, .alarmRestore: .technician
        // So is a test (EN 54-2, clause 10: by hand, at access level 2 or 3).
        case .walkTestBegin, .walkTestEnd, .walkTestBeginAll, .walkTestEndAll: .technician
        // For a minute the reader is spoken to with a key that everybody knows.
        case .readerInstall: .technician
        // A line that is forced does not do its work (EN 54-2, clause 9).
        case .pointForce, .pointRelease: .technician
        // What an alarm is judged by.
        case .pointCalibrate, .pointUncalibrate: .technician
        case .recorderMark, .boardRestart, .testAnswer, .testReset, .configSave: .technician
        case .none, .consoleLogin, .consoleLogout, .clockSet, .credentialsChange, .logLevelSet,
            .imageChange, .imageStage, .imageApply, .imageConfirm, .imageRollBack, .imageDrop, .systemUpdate,
            .recorderRead,
            .readerFileSend, .credentialEnrol, .consoleOpen, .unrecognised:
            nil
        }
    }
}

// Services: the clock, readers' files, the log and the recorder are a technician's work, credentials an administrator's. So
// are images: one says who may do what.

extension ClockSetting: RoleBound {
    public var requiredRole: Role? { .technician }
}

extension ImageTransfer: RoleBound {
    public var requiredRole: Role? { .administrator }
}

/// It replaces everything that says who may do what.
extension UpdateTransfer: RoleBound {
    public var requiredRole: Role? { .administrator }
}

extension ReaderFileTransfer: RoleBound {
    public var requiredRole: Role? { .technician }
}

extension LogLevelSetting: RoleBound {
    public var requiredRole: Role? { .technician }
}

extension RecorderQuery: RoleBound {
    public var requiredRole: Role? { .technician }
}

/// Who acts there logs in besides, as at a serial line.
extension ConsoleOpen: RoleBound {
    public var requiredRole: Role? { .technician }
}

extension CredentialTransfer: RoleBound {
    public var requiredRole: Role? { .administrator }
}
