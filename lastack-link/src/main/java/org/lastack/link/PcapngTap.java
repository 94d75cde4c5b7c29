package org.lastack.link;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.lastack.wire.Frame;

/// A link that records what passes: frames received, and frames that the inner link took for sending.
///
/// Frames are recorded as they are on this link: a super-segment is one packet, and a checksum that is left to the device is not filled in (as captures of Linux show it too).
/// The capture can fail ([PcapngWriter#failure]); the link does not care.
public final class PcapngTap extends LinkDecorator {
    /// Says something about a packet, to be shown with it.
    @FunctionalInterface
    public interface Commentator {
        /// @return a comment or null. Called by the thread that sends or receives: be quick. The frame is only lent
        @Nullable String comment(Frame frame, PcapngWriter.Direction direction);
    }

    private final PcapngWriter writer;
    private final boolean ownsWriter;
    private final LongSupplier timeNs;
    private final Commentator commentator;
    private final int interfaceNumber;

    private PcapngTap(Link link, PcapngWriter writer, boolean ownsWriter, LongSupplier timeNs, Commentator commentator) {
        super(link);
        this.writer = writer;
        this.ownsWriter = ownsWriter;
        this.timeNs = timeNs;
        this.commentator = commentator;
        this.interfaceNumber = writer.addInterface(link.name(), PcapngWriter.linkTypeOf(link.type()));
    }

    /// Records to a file of its own, with the time of day. The file is closed with the link.
    ///
    /// @throws IOException if the file cannot be created
    public static PcapngTap toFile(Link link, Path file) throws IOException {
        Clock clock = Clock.systemUTC();
        return new PcapngTap(link, PcapngWriter.create(file), true, () -> epochNs(clock.instant()), (frame, direction) -> null);
    }

    /// Records to a writer that others may use too, with any clock (nanoseconds since 1970, or virtual). The writer stays open when the link is closed.
    public static PcapngTap to(Link link, PcapngWriter writer, LongSupplier timeNs, Commentator commentator) {
        return new PcapngTap(link, writer, false, timeNs, commentator);
    }

    private static long epochNs(Instant instant) {
        return instant.getEpochSecond() * 1_000_000_000L + instant.getNano();
    }

    /// Where it goes to.
    public PcapngWriter writer() {
        return writer;
    }

    private void record(Frame frame, PcapngWriter.Direction direction) {
        String comment = commentator.comment(frame, direction);
        writer.write(interfaceNumber, timeNs.getAsLong(), frame.data, frame.offset, frame.length, direction, comment);
    }

    /// Recorded before it is sent, so that an answer cannot stand before its question; hence also if the inner link then drops it.
    @Override
    public boolean send(Frame frame) {
        record(frame, PcapngWriter.Direction.OUTBOUND);
        return link.send(frame);
    }

    /// Flushes the capture when there is nothing to receive: whoever looks into the file while nothing happens sees everything.
    @Override
    public int receive(Frame frame) {
        int length = link.receive(frame);
        if (length > 0) {
            record(frame, PcapngWriter.Direction.INBOUND);
        } else {
            writer.flush();
        }
        return length;
    }

    /// Closes the inner link, and flushes the capture or closes it if it is this link's own.
    @Override
    public void close() {
        link.close();
        if (ownsWriter) {
            writer.close();
        } else {
            writer.flush();
        }
    }
}
