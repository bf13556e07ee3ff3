import AccessControl
import CauseAndEffect
import EventJournal
import FixedMemory
import HardwareInterface
import LifeSafety

// The state that a board's decisions come from besides its image and its credentials, for a key frame of its recording.
//
// Left out is what no decision hears of: consoles, links, drivers of readers (a recording begins behind them), transfers of
// images and files, what people answered while they commissioned, the journal and its medium; and what is without meaning
// between two turns.
extension BoardCore: Carried {
    mutating func carry(_ state: inout StateCarrier) {
        // Left out: secretCheck, installers, enrolment, endedEnrolment, testAnswers: no decision hears of them.
        // Left out: consoleLanguage, journalPlace, network, linkedConsole, logLevel, isRestartAsked: nor of these.
        // Left out: readers, readerFiles, images, updates: nor of these; what readers say is in the recording.
        // Left out: journal, isStateRestored, isMediumLate, refusedMediumRequest, mediumRetryAt: keep what was decided.
        // Left out: nextLearner, learningDueAt, keeping, recorder, recording, turns: these too.
        // Left out: contactPoints, valves: follow from the image.
        // Left out: credentialTransfers: none is under way when a key frame is taken.
        // Left out: samples, accessOutput, alarmOutput, changedTargets: without meaning between two turns.
        state.carry(&now)
        state.carry(&lines)
        state.carry(&sensors)
        state.carry(&supplies)
        state.carry(&points)
        state.carry(&chipCalibrations)
        state.carry(&radars)
        state.carry(&access)
        state.carry(&monitor)
        state.carry(&causes)
        state.carry(&matrix)
        state.carry(&announcedTargets)
        state.carry(&troubles)
        state.carry(&keptLatches)
        state.carry(&wallClockSet)
        state.carry(&wallClockSetAt)
        state.carry(&toldOffsetMinutes)
    }

    /// What the board itself has changed about credentials since their list came, which its state store keeps. A board that plays
    /// a recording back has no such store: it takes them up and has none to give.
    mutating func carryCredentialChanges(_ state: inout StateCarrier) {
        BoardCore.carryCredentialChanges(journal, &access, &state)
    }

    // Static, so that the journal and the controller are seen to be different things.
    private static func carryCredentialChanges(
        _ journal: borrowing EventJournal, _ access: inout AccessController, _ state: inout StateCarrier
    ) {
        var held = 0
        journal.forEachState(of: StateOwner.usesLeft) { _, _ in held += 1 }
        journal.forEachState(of: StateOwner.credentialStatus) { _, _ in held += 1 }
        let count = state.carry(count: held, capacity: journal.stateUsage.capacity)
        if state.direction == .saving {
            journal.forEachState(of: StateOwner.usesLeft) { _, value in save(value, &state) }
            journal.forEachState(of: StateOwner.credentialStatus) { _, value in save(value, &state) }
        } else {
            for _ in 0..<count {
                var record = AccessChange.Record()
                state.carry(&record)
                if state.direction == .restoring, let change = AccessChange(record) { access.restore(change) }
            }
        }
    }

    private static func save(_ value: StateValue, _ state: inout StateCarrier) {
        var record = record(in: value)
        state.carry(&record)
    }
}
