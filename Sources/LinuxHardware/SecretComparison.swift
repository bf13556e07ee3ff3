import Cryptography
import HardwareInterface

/// Checks of secrets: a slow hash takes longer than a door may wait.
struct SecretComparison: WaitingWork {
    struct Completion: BitwiseCopyable {
        var tag: UInt16
        var isRight: Bool
    }

    func perform(_ check: SecretCheck) -> Completion {
        let hash = PinHash.hash(check.secret, salt: check.salt, passes: check.passes, memoryKib: check.memoryKib)
        return Completion(tag: check.tag, isRight: hash.map { PinHash.isSame($0, check.hash) } ?? false)
    }

    func end() {}
}
