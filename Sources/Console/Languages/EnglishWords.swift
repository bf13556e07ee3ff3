import WardenMessages

/// The words for every number of the schema that a person may see.
///
/// English here is also the language of traces, so a word never changes its meaning.
package enum Words {
    package static func doorState(_ state: DoorState) -> StaticString {
        switch state {
        case .secured: "secured"
        case .released: "released"
        case .open: "open"
        case .heldOpenWarning: "held-open-warning"
        case .heldOpen: "held-open"
        case .forced: "forced"
        case .fireReleased: "fire-released"
        case .trouble: "trouble"
        case .unrecognised: "unknown"
        }
    }

    static func doorEvent(_ kind: DoorEventKind) -> StaticString {
        switch kind {
        case .decision: "decision"
        case .released: "released"
        case .locked: "locked"
        case .opened: "opened"
        case .closed: "closed"
        case .forced: "forced"
        case .heldOpenWarning: "held-open-warning"
        case .heldOpen: "held-open"
        case .heldOpenEnded: "held-open-ended"
        case .grantedNotOpened: "granted-not-opened"
        case .contactFault: "contact-fault"
        case .contactRestored: "contact-restored"
        case .tamper: "tamper"
        case .tamperRestored: "tamper-restored"
        case .exitRequestStuck: "exit-request-stuck"
        case .exitRequestRestored: "exit-request-restored"
        case .fireReleased: "fire-released"
        case .fireReset: "fire-reset"
        case .modeChanged: "mode-changed"
        case .lockdownBegun: "lockdown-begun"
        case .lockdownEnded: "lockdown-ended"
        case .duress: "duress"
        case .guessing: "guessing"
        case .guessingEnded: "guessing-ended"
        case .credentialBlocked: "credential-blocked"
        case .passage: "passage"
        case .areaFull: "area-full"
        case .presenceTableFull: "presence-table-full"
        case .leafSequence: "leaf-sequence"
        case .emergencyExit: "emergency-exit"
        case .emergencyExitEnded: "emergency-exit-ended"
        case .floorsReleased: "floors-released"
        case .passbackReset: "passback-reset"
        case .unrecognised: "changed"
        }
    }

    /// Whether an event of this kind carries a reason worth reading.
    static func hasReason(_ kind: DoorEventKind) -> Bool {
        switch kind {
        case .released, .opened, .grantedNotOpened: true
        default: false
        }
    }

    package static func alarmState(_ state: AlarmState) -> StaticString {
        switch state {
        case .normal: "normal"
        case .preAlarm: "pre-alarm"
        case .alarm: "alarm"
        case .acknowledged: "acknowledged"
        case .silenced: "silenced"
        case .restored: "restored"
        case .trouble: "trouble"
        case .bypassed: "bypassed"
        case .underTest: "under-test"
        case .unrecognised: "unknown"
        }
    }

    /// `LifeSafety.AlarmCause` by its number.
    package static func alarmCause(_ cause: UInt32) -> StaticString {
        switch cause {
        case 0: "none"
        case 1: "smoke-density"
        case 2: "fixed-temperature"
        case 3: "rate-of-rise"
        case 4: "exposure"
        case 5: "concentration"
        case 6: "combined-fire"
        case 7: "wet"
        case 8: "burst"
        case 9: "continuous-flow"
        case 10: "flow-at-night"
        case 11: "fall"
        case 12: "long-lie"
        case 13: "no-exit"
        case 14: "unusual-silence"
        case 15: "no-power-use"
        case 16: "call-for-help"
        case 17: "above-limit"
        case 18: "below-limit"
        case 19: "rising"
        case 20: "falling"
        case 21: "tilted"
        case 22: "moved"
        case 23: "active-state"
        case 24: "inactive-state"
        case 25: "too-many"
        case 26: "too-few"
        case 27: "radar-fall"
        case 28: "not-shut"
        case 29: "reversed"
        default: "unknown"
        }
    }

    /// `LifeSafety.TroubleReason` by its number.
    package static func detectorTrouble(_ reason: UInt32) -> StaticString {
        switch reason {
        case 0: "none"
        case 1: "starting"
        case 2: "missing"
        case 3: "stale"
        case 4: "faulty"
        case 5: "out-of-range"
        case 6: "open-circuit"
        case 7: "short-circuit"
        case 8: "contaminated"
        case 9: "poisoned"
        case 10: "self-test-failed"
        case 11: "no-feedback"
        case 12: "clock-untrusted"
        case 13: "not-worn"
        case 14: "maintenance-due"
        default: "unknown"
        }
    }

    static func isWaiting(_ reason: UInt32) -> Bool { (64...95).contains(reason) }

    /// `AccessControl.DecisionReason` by its number.
    package static func decisionReason(_ reason: UInt32) -> StaticString {
        switch reason {
        case 0: "valid-credential"
        case 1: "extended-time"
        case 2: "under-duress"
        case 3: "against-passback"
        case 4: "two-persons"
        case 5: "escorted"
        case 6: "first-card"
        case 7: "request-to-exit"
        case 8: "commanded"
        case 9: "door-free"
        case 10: "fire-release"
        case 11: "emergency-exit"
        case 64: "pin-required"
        case 65: "second-person-required"
        case 66: "escort-required"
        case 96: "unknown-credential"
        case 97: "not-yet-valid"
        case 98: "expired"
        case 99: "suspended"
        case 100: "lost"
        case 101: "stolen"
        case 102: "blocked-by-wrong-pins"
        case 103: "no-uses-left"
        case 104: "clock-not-trusted"
        case 110: "no-right"
        case 111: "outside-schedule"
        case 112: "no-floor"
        case 120: "wrong-pin"
        case 121: "no-pin"
        case 122: "pin-timed-out"
        case 123: "too-many-attempts"
        case 124: "code-not-accepted"
        case 130: "second-person-timed-out"
        case 131: "same-person"
        case 132: "escort-timed-out"
        case 133: "not-an-escort"
        case 140: "door-locked"
        case 141: "lockdown"
        case 142: "interlock"
        case 143: "anti-passback"
        case 144: "timed-anti-passback"
        case 145: "area-full"
        case 146: "presence-table-full"
        case 147: "reader-tampered"
        case 150: "unknown-door"
        case 151: "fire-active"
        case 152: "fire-cause-active"
        case 153: "already-so"
        default: "other-reason"
        }
    }

    static func troubleSource(_ source: TroubleSource) -> StaticString {
        switch source {
        case .sensor: "sensor"
        case .reader: "reader"
        case .line: "line"
        case .bus: "bus"
        case .port: "port"
        case .journal: "journal"
        case .clock: "clock"
        case .detector: "detector"
        case .point: "point"
        case .unrecognised: "unknown"
        }
    }

    static func namedKind(_ source: TroubleSource) -> NamedKind? {
        switch source {
        case .sensor: .sensor
        case .reader: .reader
        case .line: .line
        case .bus: .bus
        case .port: .port
        case .detector: .detector
        case .point: .point
        case .journal, .clock, .unrecognised: nil
        }
    }

    static func troubleCode(_ source: TroubleSource, _ code: UInt32) -> StaticString {
        switch source {
        case .sensor: sensorFault(code)
        case .point: quality(code)
        case .detector: detectorTrouble(code)
        case .line, .port, .bus: "gone"
        case .reader: readerTrouble(code)
        case .clock: "not-trusted"
        case .journal: journalTrouble(code)
        case .unrecognised: "unknown"
        }
    }

    /// `Drivers.OfflineReason` by its number, and what the runtime adds to it from 16 on.
    package static func readerTrouble(_ code: UInt32) -> StaticString {
        switch code {
        case 0: "none"
        case 1: "port-closed"
        case 2: "no-answer"
        case 3: "babbling"
        case 4: "data-line-0-stuck"
        case 5: "data-line-1-stuck"
        case 6: "both-data-lines-stuck"
        case 7: "secure-channel-failed"
        case 8: "wrong-device"
        case 16: "supply-failed"
        default: "unknown"
        }
    }

    /// `EventJournal.MediumCondition` by its number, and what the runtime adds to it from 16 on.
    static func journalTrouble(_ code: UInt32) -> StaticString {
        switch code {
        case 1: "opening"
        case 3: "slow"
        case 4: "read-only"
        case 5: "full"
        case 6: "failing"
        case 7: "foreign"
        case 8: "wrong-key"
        case 9: "other-layout"
        case 16: "worn"
        case 17: "forged"
        case 18: "state-store-full"
        case 19: "credentials-not-kept"
        case 20: "kept-credentials-damaged"
        case 21: "kept-credentials-unfit"
        default: "not-written"
        }
    }

    /// `Drivers.SensorFault` by its number.
    static func sensorFault(_ fault: UInt32) -> StaticString {
        switch fault {
        case 1: "not-acknowledged"
        case 2: "timed-out"
        case 3: "bus-error"
        case 4: "bus-missing"
        case 5: "completion-lost"
        case 6: "wrong-identity"
        case 7: "configuration-mismatch"
        case 8: "unexpected-reset"
        case 9: "checksum"
        case 10: "self-test-failed"
        case 11: "stuck-value"
        case 12: "implausible"
        case 13: "never-ready"
        case 14: "reported-by-device"
        default: "unknown"
        }
    }

    /// `HardwareInterface.Quality` by its number.
    package static func quality(_ quality: UInt32) -> StaticString {
        switch quality {
        case 0: "good"
        case 1: "starting"
        case 2: "stale"
        case 3: "out-of-range"
        case 4: "faulty"
        case 5: "missing"
        case 6: "forced"
        default: "unknown"
        }
    }

    static func systemKind(_ kind: SystemKind) -> StaticString {
        switch kind {
        case .started: "started"
        case .stopping: "stopping"
        case .clockSet: "clock-set"
        case .lostInputs: "lost-inputs"
        case .unrecognised: "unknown"
        }
    }

    static func commandKind(_ kind: CommandKind) -> StaticString {
        switch kind {
        case .none: "none"
        case .doorUnlock: "door-unlock"
        case .doorLock: "door-lock"
        case .doorFree: "door-free"
        case .doorLockdown: "door-lockdown"
        case .doorRestore: "door-restore"
        case .alarmAcknowledge: "alarm-acknowledge"
        case .alarmSilence: "alarm-silence"
        case .alarmReset: "alarm-reset"
        case .fireReset: "fire-reset"
        case .fallCancel: "fall-cancel"
        case .alarmBypass: "alarm-bypass"
        case .alarmRestore: "alarm-restore"
        case .walkTestBegin: "walk-test-begin"
        case .walkTestEnd: "walk-test-end"
        case .walkTestBeginAll: "walk-test-begin-all"
        case .walkTestEndAll: "walk-test-end-all"
        case .detectorHush: "detector-hush"
        case .residentAway: "resident-away"
        case .residentReturned: "resident-returned"
        case .detectorCleaned: "detector-cleaned"
        case .detectorServiced: "detector-serviced"
        case .readerInstall: "reader-install"
        case .consoleLogin: "console-login"
        case .consoleLogout: "console-logout"
        case .clockSet: "clock-set"
        case .credentialsChange: "credentials-change"
        case .logLevelSet: "log-level-set"
        case .imageChange: "image-change"
        case .imageStage: "image-stage"
        case .imageApply: "image-apply"
        case .imageConfirm: "image-confirm"
        case .imageRollBack: "image-roll-back"
        case .imageDrop: "image-drop"
        case .systemUpdate: "system-update"
        case .recorderRead: "recorder-read"
        case .readerFileSend: "reader-file-send"
        case .pointForce: "point-force"
        case .pointRelease: "point-release"
        case .credentialEnrol: "credential-enrol"
        case .recorderMark: "recorder-mark"
        case .boardRestart: "board-restart"
        case .testAnswer: "test-answer"
        case .testReset: "test-reset"
        case .consoleOpen: "console-open"
        case .configSave: "config-save"
        case .pointCalibrate: "point-calibrate"
        case .pointUncalibrate: "point-uncalibrate"
        case .unrecognised: "unknown"
        }
    }

    /// What the target of a command is a place of; `nil` for commands without one.
    static func target(of kind: CommandKind) -> NamedKind? {
        switch kind {
        case .doorUnlock, .doorLock, .doorFree, .doorLockdown, .doorRestore: .door
        case .alarmAcknowledge, .alarmSilence, .alarmReset, .fallCancel, .alarmBypass, .alarmRestore, .walkTestBegin,
            .walkTestEnd, .detectorHush, .residentAway, .residentReturned, .detectorCleaned, .detectorServiced:
            .detector
        case .readerInstall, .readerFileSend, .credentialEnrol: .reader
        case .pointForce, .pointRelease: .line
        case .pointCalibrate, .pointUncalibrate: .point
        case .none, .walkTestBeginAll, .walkTestEndAll, .fireReset, .consoleLogin, .consoleLogout, .clockSet,
            .credentialsChange, .logLevelSet,
            .imageChange, .imageStage, .imageApply, .imageConfirm, .imageRollBack, .imageDrop, .systemUpdate,
            .recorderRead,
            .recorderMark, .boardRestart, .testAnswer, .testReset, .consoleOpen, .configSave, .unrecognised:
            nil
        }
    }

    package static func commandResult(_ result: CommandResult) -> StaticString {
        switch result {
        case .done: "done"
        case .unknownCommand: "unknown-command"
        case .unknownTarget: "unknown-target"
        case .notPermitted: "not-permitted"
        case .tooLate: "too-late"
        case .refused: "refused"
        case .busy: "busy"
        case .outOfRange: "out-of-range"
        case .started: "started"
        case .safetyRelease: "safety-release"
        case .unrecognised: "unknown"
        }
    }
}
