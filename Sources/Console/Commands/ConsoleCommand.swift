import FixedMemory

/// A first word that the console knows.
package enum ConsoleCommand: UInt8, BitwiseCopyable {
    case help
    case status
    case doors
    case door
    case alarms
    case alarm
    case fire
    case walktest
    case detectors
    case sensors
    case points
    case point
    case readers
    case reader
    case credential
    case events
    case watch
    case counters
    case clock
    case network
    case calibrate
    case test
    case recorder
    case config
    case reboot
    case login
    case logout
    case whoami
    case language
    case terminal
    case version

    /// Every command, in the order of the help.
    package static var count: Int { Int(ConsoleCommand.version.rawValue) + 1 }

    package var word: StaticString {
        switch self {
        case .help: "help"
        case .status: "status"
        case .doors: "doors"
        case .door: "door"
        case .alarms: "alarms"
        case .alarm: "alarm"
        case .fire: "fire"
        case .walktest: "walktest"
        case .detectors: "detectors"
        case .sensors: "sensors"
        case .points: "points"
        case .point: "point"
        case .readers: "readers"
        case .reader: "reader"
        case .credential: "credential"
        case .events: "events"
        case .watch: "watch"
        case .counters: "counters"
        case .clock: "clock"
        case .network: "network"
        case .calibrate: "calibrate"
        case .test: "test"
        case .recorder: "recorder"
        case .config: "config"
        case .reboot: "reboot"
        case .login: "login"
        case .logout: "logout"
        case .whoami: "whoami"
        case .language: "language"
        case .terminal: "terminal"
        case .version: "version"
        }
    }

    /// How the command is typed; the same in every language.
    package var usage: StaticString {
        switch self {
        case .help: "help [COMMAND]"
        case .status: "status"
        case .doors: "doors"
        case .door: "door NAME unlock|lock|free|lockdown|restore"
        case .alarms: "alarms"
        case .alarm:
            "alarm NAME acknowledge|silence|reset|cancel|bypass|restore|hush|away|returned|cleaned|serviced [TIME]"
        case .fire: "fire reset"
        case .walktest: "walktest [NAME|all [MINUTES|end]]"
        case .detectors: "detectors"
        case .sensors: "sensors"
        case .points: "points"
        case .point: "point NAME on|off [TIME] | point NAME release"
        case .readers: "readers"
        case .reader: "reader NAME install"
        case .credential:
            "credential enrol READER GROUPS [holder N] [until DATE] [uses N] [within T] [pin]"
        case .events: "events [COUNT] [kind KIND] [door NAME] [detector NAME] [since TIME|#NUMBER]"
        case .watch: "watch [doors|sensors|detectors|points] [SECONDS]"
        case .counters: "counters"
        case .clock: "clock [set YYYY-MM-DD HH:MM:SS]"
        case .network: "network"
        case .calibrate: "calibrate [SENSOR VALUE|zero|undo | DETECTOR clean-air|position]"
        case .test: "test [report|reset|door|reader|point|sensor|detector NAME right|wrong|skip]"
        case .recorder: "recorder [mark [NUMBER]]"
        case .config: "config [show|set log-level|language|terminal VALUE|save|rollback]"
        case .reboot: "reboot"
        case .login: "login NAME"
        case .logout: "logout"
        case .whoami: "whoami"
        case .language: "language en|zh"
        case .terminal: "terminal [plain|ansi|auto|COLUMNSxROWS]"
        case .version: "version"
        }
    }

    package var summary: Phrase {
        switch self {
        case .help: .summaryHelp
        case .status: .summaryStatus
        case .doors: .summaryDoors
        case .door: .summaryDoor
        case .alarms: .summaryAlarms
        case .alarm: .summaryAlarm
        case .fire: .summaryFire
        case .walktest: .summaryWalkTest
        case .detectors: .summaryDetectors
        case .sensors: .summarySensors
        case .points: .summaryPoints
        case .point: .summaryPoint
        case .readers: .summaryReaders
        case .reader: .summaryReader
        case .credential: .summaryCredential
        case .events: .summaryEvents
        case .watch: .summaryWatch
        case .counters: .summaryCounters
        case .clock: .summaryClock
        case .network: .summaryNetwork
        case .calibrate: .summaryCalibrate
        case .test: .summaryTest
        case .recorder: .summaryRecorder
        case .config: .summaryConfig
        case .reboot: .summaryReboot
        case .login: .summaryLogin
        case .logout: .summaryLogout
        case .whoami: .summaryWhoami
        case .language: .summaryLanguage
        case .terminal: .summaryTerminal
        case .version: .summaryVersion
        }
    }

    /// A line to type, and what it does. `@` in the line stands for the name of a thing that this board has.
    package struct Example: BitwiseCopyable {
        package let line: StaticString
        package let meaning: Phrase
        /// What `@` stands for where it is not what the command's first example is about.
        let named: NamedKind?

        init(_ line: StaticString, _ meaning: Phrase, _ named: NamedKind? = nil) {
            self.line = line
            self.meaning = meaning
            self.named = named
        }
    }

    /// The example at a place; `nil` after the last. Every command has one at the least.
    package func example(at index: Int) -> Example? {
        switch (self, index) {
        case (.help, 0): Example("help door", .exampleHelp)
        case (.status, 0): Example("status", .exampleStatus)
        case (.status, 1): Example("status --plain", .examplePlain)
        case (.doors, 0): Example("doors", .exampleDoors)
        case (.door, 0): Example("door @ unlock", .exampleDoorUnlock)
        case (.door, 1): Example("door @ free", .exampleDoorFree)
        case (.door, 2): Example("door @ lockdown --yes", .exampleDoorLockdown)
        case (.door, 3): Example("door @ restore", .exampleDoorRestore)
        case (.alarms, 0): Example("alarms", .exampleAlarms)
        case (.alarm, 0): Example("alarm @ acknowledge", .exampleAlarmAcknowledge)
        case (.alarm, 1): Example("alarm @ silence", .exampleAlarmSilence)
        case (.alarm, 2): Example("alarm @ reset", .exampleAlarmReset)
        case (.alarm, 3): Example("alarm @ bypass", .exampleAlarmBypass)
        case (.alarm, 4): Example("alarm @ restore", .exampleAlarmRestore)
        case (.alarm, 5): Example("alarm @ hush 10m", .exampleAlarmHush)
        case (.alarm, 6): Example("alarm @ away 14d", .exampleAlarmAway)
        case (.alarm, 7): Example("alarm @ returned", .exampleAlarmReturned)
        case (.alarm, 8): Example("alarm @ cleaned", .exampleAlarmCleaned)
        case (.alarm, 9): Example("alarm @ serviced", .exampleAlarmServiced)
        case (.fire, 0): Example("fire reset", .exampleFire)
        case (.walktest, 0): Example("walktest @", .exampleWalkTest)
        case (.walktest, 1): Example("walktest all 60 --yes", .exampleWalkTestAll)
        case (.walktest, 2): Example("walktest", .exampleWalkTestList)
        case (.walktest, 3): Example("walktest all end", .exampleWalkTestEnd)
        case (.detectors, 0): Example("detectors", .exampleDetectors)
        case (.sensors, 0): Example("sensors", .exampleSensors)
        case (.points, 0): Example("points", .examplePoints)
        case (.point, 0): Example("point @ on", .examplePointOn)
        case (.point, 1): Example("point @ off 10m", .examplePointOff)
        case (.point, 2): Example("point @ release", .examplePointRelease)
        case (.readers, 0): Example("readers", .exampleReaders)
        case (.reader, 0): Example("reader @ install", .exampleReaderInstall)
        case (.credential, 0): Example("credential enrol @ residents,staff", .exampleEnrol)
        case (.credential, 1): Example("credential enrol @ residents until 2027-06-30 pin", .exampleEnrolPin)
        case (.credential, 2): Example("credential enrol @ staff uses 1 within 2m", .exampleEnrolUses)
        case (.events, 0): Example("events 50", .exampleEventsCount)
        case (.events, 1): Example("events kind alarm since 2h", .exampleEventsKind)
        case (.events, 2): Example("events since #100 --plain", .exampleEventsSince)
        case (.watch, 0): Example("watch", .exampleWatch)
        case (.watch, 1): Example("watch sensors 5", .exampleWatchSensors)
        case (.counters, 0): Example("counters", .exampleCounters)
        case (.clock, 0): Example("clock", .exampleClock)
        case (.clock, 1): Example("clock set 2026-11-22 18:05:00", .exampleClockSet)
        case (.network, 0): Example("network", .exampleNetwork)
        case (.calibrate, 0): Example("calibrate", .exampleCalibrate)
        case (.calibrate, 1): Example("calibrate @ 21.5", .exampleCalibrateValue)
        case (.calibrate, 2): Example("calibrate @ zero --yes", .exampleCalibrateZero)
        case (.calibrate, 3): Example("calibrate @ undo", .exampleCalibrateUndo)
        case (.calibrate, 4): Example("calibrate @ clean-air", .exampleCalibrateCleanAir, .detector)
        case (.calibrate, 5): Example("calibrate @ position", .exampleCalibratePosition, .detector)
        case (.test, 0): Example("test", .exampleTest)
        case (.test, 1): Example("test door @ right", .exampleTestAnswer)
        case (.test, 2): Example("test report --plain", .exampleTestReport)
        case (.test, 3): Example("test reset", .exampleTestReset)
        case (.recorder, 0): Example("recorder", .exampleRecorder)
        case (.recorder, 1): Example("recorder mark 7", .exampleRecorderMark)
        case (.config, 0): Example("config show", .exampleConfig)
        case (.config, 1): Example("config set log-level notice", .exampleConfigSet)
        case (.config, 2): Example("config save", .exampleConfigSave)
        case (.config, 3): Example("config rollback", .exampleConfigRollback)
        case (.reboot, 0): Example("reboot", .exampleReboot)
        case (.login, 0): Example("login caretaker", .exampleLogin)
        case (.logout, 0): Example("logout", .exampleLogout)
        case (.whoami, 0): Example("whoami", .exampleWhoami)
        case (.language, 0): Example("language zh", .exampleLanguage)
        case (.terminal, 0): Example("terminal auto", .exampleTerminalAuto)
        case (.terminal, 1): Example("terminal 80x24", .exampleTerminalSize)
        case (.terminal, 2): Example("terminal plain", .exampleTerminalPlain)
        case (.version, 0): Example("version", .exampleVersion)
        default: nil
        }
    }

    static func named(_ word: Span<UInt8>) -> ConsoleCommand? {
        var number: UInt8 = 0
        while let command = ConsoleCommand(rawValue: number) {
            if equal(word, command.word) { return command }
            number += 1
        }
        return nil
    }
}

/// Whether bytes are exactly those of a literal.
func equal(_ bytes: Span<UInt8>, _ text: StaticString) -> Bool {
    guard bytes.count == text.utf8CodeUnitCount else { return false }
    let start = text.utf8Start
    for index in bytes.indices where unsafe bytes[index] != start[index] { return false }
    return true
}
