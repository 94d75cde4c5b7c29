package org.lastack.tools.services;

import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/// A connection that counts its octets, for the line that is shown at its end. The counts are exact once the threads that used the
/// streams are done.
public final class CountedStream implements Network.Stream {
    private final Network.Stream stream;
    private final InputStream input;
    private final OutputStream output;
    private long octetsIn;
    private long octetsOut;

    public CountedStream(Network.Stream stream) {
        this.stream = stream;
        input = new CountingInput(stream.input());
        output = new CountingOutput(stream.output());
    }

    public long octetsIn() {
        return octetsIn;
    }

    public long octetsOut() {
        return octetsOut;
    }

    @Override
    public InputStream input() {
        return input;
    }

    @Override
    public OutputStream output() {
        return output;
    }

    @Override
    public void shutdownOutput() throws IOException {
        stream.shutdownOutput();
    }

    @Override
    public void set(Network.StreamOption option, int value) throws IOException {
        stream.set(option, value);
    }

    @Override
    public long retransmits() {
        return stream.retransmits();
    }

    @Override
    public @Nullable String congestionControl() {
        return stream.congestionControl();
    }

    @Override
    public Network.Endpoint local() {
        return stream.local();
    }

    @Override
    public Network.Endpoint remote() {
        return stream.remote();
    }

    @Override
    public void close() throws IOException {
        stream.close();
    }

    private final class CountingInput extends FilterInputStream {
        CountingInput(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            int octet = super.read();
            if (octet >= 0) {
                octetsIn++;
            }
            return octet;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            int octets = super.read(buffer, offset, length);
            if (octets > 0) {
                octetsIn += octets;
            }
            return octets;
        }
    }

    private final class CountingOutput extends FilterOutputStream {
        CountingOutput(OutputStream out) {
            super(out);
        }

        @Override
        public void write(int octet) throws IOException {
            out.write(octet);
            octetsOut++;
        }

        @Override
        public void write(byte[] buffer, int offset, int length) throws IOException {
            out.write(buffer, offset, length);
            octetsOut += length;
        }
    }
}
