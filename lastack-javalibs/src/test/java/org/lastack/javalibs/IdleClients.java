package org.lastack.javalibs;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

/// A process with many connections of the kernel's: opens them, says `open`, and for each line on its input sends an octet on each, reads it back, and says
/// `echoed`. At the end of its input it ends.
public final class IdleClients {
    private static final int AT_ONCE = 100;

    private IdleClients() {}

    /// @param arguments how many, the address and the port
    public static void main(String[] arguments) throws IOException {
        List<SocketChannel> channels = new ArrayList<>();
        for (int i = 0; i < Integer.parseInt(arguments[0]); i++) {
            channels.add(SocketChannel.open(new InetSocketAddress(arguments[1], Integer.parseInt(arguments[2]))));
        }
        System.out.println("open");
        while (System.in.read() >= 0) {
            echo(channels);
            System.out.println("echoed");
        }
    }

    /// Some at a time: a burst on all would not fit into the queue of a device, and TCP would take seconds to make up for it.
    private static void echo(List<SocketChannel> channels) throws IOException {
        for (int first = 0; first < channels.size(); first += AT_ONCE) {
            echo(channels, first, Math.min(first + AT_ONCE, channels.size()));
        }
    }

    private static void echo(List<SocketChannel> channels, int first, int end) throws IOException {
        ByteBuffer octet = ByteBuffer.allocate(1);
        for (int i = first; i < end; i++) {
            octet.clear().put((byte) i).flip();
            channels.get(i).write(octet);
        }
        for (int i = first; i < end; i++) {
            octet.clear();
            if (channels.get(i).read(octet) != 1 || octet.get(0) != (byte) i) {
                throw new IOException("connection " + i + " does not echo");
            }
        }
    }
}
