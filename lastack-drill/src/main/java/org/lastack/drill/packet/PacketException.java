package org.lastack.drill.packet;

/// A packet that the script cannot mean: a timestamp that was never seen, an ICMP name that this family does not have.
public final class PacketException extends RuntimeException {
    private static final long serialVersionUID = 1;

    PacketException(String message) {
        super(message);
    }
}
