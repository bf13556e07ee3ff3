import Cryptography
import DeviceModels
import FixedMemory
import HardwareInterface

/// A card reader of the virtual board: a model on a serial port or on two input lines.
struct VirtualReader: ~Copyable {
    enum Wiring: BitwiseCopyable {
        case stream(StreamIndex)
        case lines(zero: LineIndex, one: LineIndex)
    }

    let wiring: Wiring
    var model: ReaderModel
    /// When the card that lies on it is taken away.
    var removalAt = Instant.never
    /// The DESFire file that the board asks for, so that a scenario can hand over a card that has it; `nil` where the board
    /// asks for none.
    var file: CardFileModel?
    /// The key that the board has for it; `nil` where it has none.
    var key: AES128?

    var deadline: Instant { min(model.deadline, removalAt) }
}

/// What the board asks of a DESFire card, for cards that shall have it.
struct CardFileModel: BitwiseCopyable {
    var application: UInt32
    var keyNumber: UInt8
    /// The key, or the estate's where `systemIdentifier` is set.
    var key: AES128
    var systemIdentifier: FixedBytes<16>?
    var number: UInt8
    var protection: ContactlessCardModel.Protection
    /// Where the part that is read begins.
    var offset: Int

    /// A card that has the file.
    ///
    /// - Parameters:
    ///   - identifier: 4, 7 or 10 bytes.
    ///   - content: what is read of the file.
    ///   - hasForeignKey: the card does not know the estate's key: a copy.
    func card(
        identifier: FixedBytes<10>, content: FixedBytes<64>, hasForeignKey: Bool
    ) -> ContactlessCardModel {
        var bytes = FixedBytes<128>()
        for _ in 0..<offset { bytes.append(0) }
        for index in 0..<content.count { bytes.append(content[index]) }
        return ContactlessCardModel(
            identifier: identifier.span, application: application, keyNumber: keyNumber,
            key: hasForeignKey ? AES128(AESBlock()) : cardKey(identifier), fileNumber: number, content: bytes.span,
            protection: protection)
    }

    /// The card's own key (NXP AN10922, section 2.2): the authentication code of 01, identifier, application and system
    /// identifier, filled up to two blocks.
    private func cardKey(_ identifier: FixedBytes<10>) -> AES128 {
        guard let systemIdentifier else { return key }
        var message = FixedBytes<32>()
        message.append(0x01)
        for index in 0..<identifier.count { message.append(identifier[index]) }
        message.append(UInt8(truncatingIfNeeded: application >> 16))
        message.append(UInt8(truncatingIfNeeded: application >> 8))
        message.append(UInt8(truncatingIfNeeded: application))
        for index in 0..<systemIdentifier.count { message.append(systemIdentifier[index]) }
        guard message.count < 32 else { return AES128(key.authenticationCode(message.span)) }
        message.append(0x80)
        while message.count < 32 { message.append(0) }
        return AES128(key.authenticationCodeOfPadded(message.span))
    }
}
