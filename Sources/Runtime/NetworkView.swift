import Authority
import Console
import FixedMemory
import HardwareInterface
import WardenLink

/// The network as it was when somebody last asked, for consoles.
struct NetworkView: ~Copyable {
    /// Peers that are kept: every link that a board can have.
    private static var peerLimit: Int { 64 }

    var entries = FixedArray<NetworkEntry>(capacity: NetworkLimits.entries)
    private(set) var peers = FixedArray<NetworkPeer>(capacity: peerLimit)
    private(set) var sum = NetworkSum()
    var isAsked = false

    mutating func take(_ links: borrowing LinkServer) {
        peers.removeAll()
        for index in 0..<links.places {
            guard let peer = links.peer(at: index) else { continue }
            peers.append(
                NetworkPeer(actor: peer.principal?.actor, role: peer.principal?.role, isLine: !peer.isConnection))
        }
        let counters = links.tables.counters
        sum.capacity = links.places
        sum.opened = counters.opened
        sum.turnedAway = counters.turnedAway &+ counters.refusedConnections
        sum.notRecognised = counters.notAuthentic &+ counters.unknownClients &+ counters.expiredClients
    }
}

extension BoardCore {
    mutating func lookAtNetwork() { network.isAsked = true }

    func networkEntry(at index: Int) -> NetworkEntry? {
        index < network.entries.count ? network.entries[index] : nil
    }

    func networkPeer(at index: Int) -> NetworkPeer? { index < network.peers.count ? network.peers[index] : nil }
    var networkSum: NetworkSum { network.sum }
}
