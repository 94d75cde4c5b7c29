package org.lastack.tools.services;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;
import org.lastack.wire.IpAddress;

/// Blocking sockets as the services need them, on whatever stack. All calls block the calling thread until done; closing an object from
/// another thread ends a blocked call with an [IOException]. Errors of the stack arrive as [SocketFailure].
public interface Network {
    /// A TCP listener on every address of both families.
    ///
    /// @param backlog completed connections that may wait, as for `listen(2)`
    /// @param reuseAddress SO_REUSEADDR, set before bind
    Listener listen(int port, int backlog, boolean reuseAddress) throws IOException;

    /// A UDP socket on every address of both families.
    ///
    /// @param reuseAddress SO_REUSEADDR, set before bind; several sockets may then share the port
    Datagrams datagrams(int port, boolean reuseAddress) throws IOException;

    /// An address and a port.
    record Endpoint(IpAddress address, int port) {
        @Override
        public String toString() {
            return address.withPort(port);
        }
    }

    /// A listening TCP socket.
    interface Listener extends Closeable {
        /// Waits for the next connection.
        Stream accept() throws IOException;

        /// The port it is bound to.
        int port();
    }

    /// Options that a service may set on a connection; each is the Linux option of that name.
    enum StreamOption {
        /// TCP_NODELAY, 0 or 1.
        NO_DELAY,
        /// SO_SNDBUF in octets.
        SEND_BUFFER,
        /// SO_RCVBUF in octets.
        RECEIVE_BUFFER,
        /// TCP_MAXSEG in octets.
        MAXIMUM_SEGMENT,
        /// SO_LINGER in seconds; -1 off.
        LINGER
    }

    /// A TCP connection. One thread may read while another writes.
    interface Stream extends Closeable {
        /// Octets from the peer; -1 after its FIN.
        InputStream input();

        /// Octets to the peer. Nothing is buffered in front of the stack.
        OutputStream output();

        /// Sends FIN; reading goes on.
        void shutdownOutput() throws IOException;

        /// @throws SocketFailure with the errno that `setsockopt` gave
        void set(StreamOption option, int value) throws IOException;

        /// Segments sent again so far (`tcpi_total_retrans`); -1 if this network does not know.
        long retransmits();

        /// The name of the congestion control in use, or null if this network does not know.
        @Nullable String congestionControl();

        Endpoint local();

        Endpoint remote();
    }

    /// A UDP socket.
    interface Datagrams extends Closeable {
        /// Waits for a datagram and returns its length, cut to `length`; [#sender] then says where it came from.
        int receive(byte[] buffer, int offset, int length) throws IOException;

        /// Source of the datagram received last.
        @Nullable Endpoint sender();

        void send(byte[] buffer, int offset, int length, Endpoint destination) throws IOException;

        /// SO_RCVBUF in octets; the host may give less.
        void receiveBuffer(int octets) throws IOException;

        /// Fixes the peer: only its datagrams arrive from now on.
        void connect(Endpoint peer) throws IOException;
    }
}
