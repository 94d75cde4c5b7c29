package org.lastack.core.socket;

/// Holders of one port that are alike in all that matters, counted: a million TIME-WAIT entries of one server are one group.
final class ClaimGroup extends Claim {
    /// The group's number, as sockets and TIME-WAIT entries keep it; at least 1.
    final int id;
    int port;
    int count;

    ClaimGroup(int id) {
        this.id = id;
    }
}
