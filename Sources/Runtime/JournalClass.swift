import EventJournal

/// The journal's classes; the schema has an `EventClass` too.
typealias JournalClass = EventClass
