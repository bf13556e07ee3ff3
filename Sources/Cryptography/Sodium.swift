import CSodium

/// Has libsodium choose the implementations that this processor runs fastest; until then it uses those that run
/// everywhere, at half the speed and less. Whoever makes a key comes through here; a second time does nothing.
func prepareSodium() {
    let status = sodium_init()
    precondition(status >= 0, "libsodium can begin wherever there is randomness")
}
