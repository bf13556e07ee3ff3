import CLinuxHardware
import FixedMemory
import HardwareInterface

/// The board's store: its folder, and what an image must fit that is brought to it.
public struct StoreDescription: Sendable, BitwiseCopyable {
    /// The folder, open for this process alone.
    public var folder: Int32
    public var images: ImageStore
    public var credentials: CredentialStore
    /// The board's folder by path, which the check of an image reads it from.
    public var path: DevicePath
    /// Name of the board that images must be for.
    public var board: DevicePath
    /// Check value of the board's hash key.
    public var hashKeyCheck: UInt64
    /// Bytes of memory that an image may need.
    public var memoryLimit: UInt64
    /// Where the system below says how far an update of it is; empty where it takes none.
    public var updateStatus = DevicePath()

    public init(
        folder: Int32, images: ImageStore, credentials: CredentialStore, path: DevicePath, board: DevicePath,
        hashKeyCheck: UInt64, memoryLimit: UInt64
    ) {
        self.folder = folder
        self.images = images
        self.credentials = credentials
        self.path = path
        self.board = board
        self.hashKeyCheck = hashKeyCheck
        self.memoryLimit = memoryLimit
    }
}

/// Work on the board's store, whose thread alone waits when the disk does.
///
/// Whether an image is good, this very program says, run beside the board for it alone: what an image does to the program
/// that reads it, it does there.
struct StoreAccess: WaitingWork {
    struct Completion: BitwiseCopyable {
        var completion: StoreCompletion
        var words = FixedBytes<256>()
    }

    /// How long the check of an image may take.
    private static var checkMilliseconds: Int32 { 60_000 }

    private let description: StoreDescription
    private var images: ImageStore
    private var credentials: CredentialStore
    private var updates: UpdateStore

    init(_ description: StoreDescription) {
        self.description = description
        images = description.images
        credentials = description.credentials
        updates = UpdateStore(folder: description.folder, status: description.updateStatus)
    }

    mutating func end() {
        images.closeFile()
        credentials.closeFile()
        updates.closeFile()
    }

    mutating func perform(_ request: StoreRequest) -> Completion {
        switch request.operation {
        case .imageBegin(let size, let checksum):
            return StoreAccess.completion(.imageBegin, images.beginImage(size: size, checksum: checksum))
        case .imageWrite(let offset):
            return StoreAccess.completion(.imageWrite, images.writeImage(request.bytes.span, at: offset))
        case .imageFinish: return finish()
        case .imageApply(let missing, let actor):
            return StoreAccess.completion(.imageApply, images.apply(missingDevices: missing, actor))
        case .imageConfirm: return StoreAccess.completion(.imageConfirm, images.confirm())
        case .imageRollBack(let reason): return StoreAccess.completion(.imageRollBack, images.rollBack(reason))
        case .imageDrop: return StoreAccess.completion(.imageDrop, images.drop())
        case .credentialsBegin(let isWhole):
            return StoreAccess.completion(
                .credentials, credentials.begin(isWhole: isWhole, request.bytes.span))
        case .credentialsStep:
            return StoreAccess.completion(.credentials, credentials.append(request.bytes.span))
        case .credentialsCommit(let version):
            return StoreAccess.completion(
                .credentialsCommit,
                credentials.commit(request.bytes.span, version: version, hashKeyCheck: description.hashKeyCheck))
        case .updateBegin(let size): return beginUpdate(size, request.bytes.span)
        case .updateWrite(let offset):
            return StoreAccess.completion(.updateWrite, updates.write(request.bytes.span, at: offset))
        case .updateFinish: return finishUpdate()
        case .updateDrop: return StoreAccess.completion(.updateDrop, updates.drop())
        case .updateLook:
            var completion = Completion(completion: StoreCompletion(.updateLook, .none))
            completion.words = updates.look()
            return completion
        }
    }

    private mutating func beginUpdate(_ size: UInt32, _ hash: Span<UInt8>) -> Completion {
        var received: UInt32 = 0
        var completion = StoreAccess.completion(
            .updateBegin, updates.begin(size: size, hash: hash, received: &received))
        if completion.completion.fault == .none { completion.words.appendLittleEndian(received) }
        return completion
    }

    private mutating func finishUpdate() -> Completion {
        var isRight = false
        var completion = StoreAccess.completion(.updateFinish, updates.finish(isRight: &isRight))
        if completion.completion.fault == .none, !isRight {
            completion.completion.fault = .damaged
            completion.words = FixedBytes("its SHA-256 is not the one that was announced")
        }
        return completion
    }

    private static func completion(_ step: StoreCompletion.Step, _ status: Int32) -> Completion {
        var completion = Completion(completion: StoreCompletion(step, status == 0 ? .none : .store))
        if status != 0 { completion.words.append(characters: warden_error_text(status)) }
        return completion
    }

    private mutating func finish() -> Completion {
        let fault = images.completeImage()
        guard fault == .none else {
            var completion = Completion(completion: StoreCompletion(.imageFinish, fault))
            if fault == .damaged { completion.words.append("its checksum is not the one that was announced") }
            _ = images.drop()
            return completion
        }
        var completion = check()
        if completion.completion.fault == .none {
            let status = images.stage()
            if status != 0 { completion = StoreAccess.completion(.imageFinish, status) }
        }
        if completion.completion.fault != .none { _ = images.drop() }
        return completion
    }

    /// Has the image judged by the program that is to run it.
    private func check() -> Completion {
        var output = InlineArray<256, CChar>(repeating: 0)
        var length = 0
        var span = output.mutableSpan
        let status = span.withUnsafeMutableBufferPointer { runCheck(into: $0, &length) }
        var completion = Completion(completion: StoreCompletion(.imageFinish, .invalid))
        guard status == 0, length > 0, let fault = StoreFault(rawValue: UInt8(bitPattern: output[0]) &- 0x30) else {
            completion.words.append("the program does not survive reading it")
            return completion
        }
        completion.completion.fault = fault
        for index in 1..<length where output[index] != 0x0A {
            completion.words.append(UInt8(bitPattern: output[index]))
        }
        return completion
    }

    private func runCheck(into output: UnsafeMutableBufferPointer<CChar>, _ length: inout Int) -> Int32 {
        var path = description.path
        path.append("/")
        path.append(ImageStore.name(of: images.record.place))
        var key = DevicePath()
        key.appendDecimal(description.hashKeyCheck)
        var limit = DevicePath()
        limit.appendDecimal(description.memoryLimit)
        let name: StaticString = "wardend"
        let option: StaticString = "--check-staged"
        var count = 0
        let status = path.withCString { path in
            description.board.withCString { board in
                key.withCString { key in
                    limit.withCString { limit in
                        name.withCharacters { name in
                            option.withCharacters { option in
                                let arguments: InlineArray<7, UnsafePointer<CChar>?> = [
                                    name, option, path, board, key, limit, nil,
                                ]
                                let span = arguments.span
                                return span.withUnsafeBufferPointer {
                                    warden_program_run(
                                        $0.baseAddress!, output.baseAddress!, output.count, &count,
                                        StoreAccess.checkMilliseconds)
                                }
                            }
                        }
                    }
                }
            }
        }
        length = count
        return status
    }
}

extension FixedBytes {
    /// Appends a text of C's.
    mutating func append(characters text: UnsafePointer<CChar>) {
        var index = 0
        while text[index] != 0 {
            append(UInt8(bitPattern: text[index]))
            index += 1
        }
    }
}
