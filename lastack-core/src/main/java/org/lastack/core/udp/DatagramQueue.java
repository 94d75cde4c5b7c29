package org.lastack.core.udp;

import org.lastack.wire.Bytes;

/// Datagrams and what is known about them, one behind the other in a ring of octets that grows on demand. No object per datagram: a flood
/// costs the collector nothing (SECURITY J-03). What it may hold is limited by its socket, which accounts as Linux does.
final class DatagramQueue {
    private static final int RECORD = 112;
    private static final int FIRST_CAPACITY = 4096;

    private byte[] ring = new byte[0];
    private final byte[] record = new byte[RECORD];
    private long head;
    private long tail;
    /// Where the newest record begins.
    private long newest;
    private int count;

    boolean isEmpty() {
        return count == 0;
    }

    int count() {
        return count;
    }

    /// Appends a datagram of `length` octets described by `info`, which is copied; `info.length` is set to `length`.
    void add(byte[] data, int offset, int length, ReceivedFrom info) {
        reserve(RECORD + info.optionsLength + length);
        info.length = length;
        encode(info);
        newest = tail;
        write(tail, record, 0, RECORD);
        write(tail + RECORD, info.options, 0, info.optionsLength);
        write(tail + RECORD + info.optionsLength, data, offset, length);
        tail += RECORD + info.optionsLength + length;
        count++;
    }

    /// Fills `info` for the oldest datagram and copies at most `room` octets of it; returns the number copied. The queue must not be empty.
    int peek(byte[] out, int offset, int room, ReceivedFrom info) {
        read(head, record, 0, RECORD);
        decode(info);
        read(head + RECORD, info.options, 0, info.optionsLength);
        int octets = Math.min(room, info.length);
        read(head + RECORD + info.optionsLength, out, offset, octets);
        info.truncated = octets < info.length;
        return octets;
    }

    /// Fills `info` for the newest entry. The queue must not be empty.
    void newest(ReceivedFrom info) {
        read(newest, record, 0, RECORD);
        decode(info);
    }

    /// Changes what is known of the newest entry, whose octets stay. The queue must not be empty.
    void changeNewest(ReceivedFrom info) {
        encode(info);
        write(newest, record, 0, RECORD);
    }

    /// As [#peek], `skip` octets further on (SO_PEEK_OFF): whole datagrams are passed over, the first that is left is copied from there.
    ///
    /// @return the octets copied, -1 if so much has not come
    int peekBehind(int skip, byte[] out, int offset, int room, ReceivedFrom info) {
        long at = head;
        int left = skip;
        for (int i = 0; i < count; i++) {
            read(at, record, 0, RECORD);
            int length = Bytes.i32(record, 0);
            if (left == 0 || left < length) {
                decode(info);
                read(at + RECORD, info.options, 0, info.optionsLength);
                int octets = Math.min(room, length - left);
                read(at + RECORD + info.optionsLength + left, out, offset, octets);
                info.truncated = octets < length - left;
                return octets;
            }
            left -= length;
            at += RECORD + Bytes.i32(record, 52) + length;
        }
        return -1;
    }

    /// Octets of the oldest datagram; the queue must not be empty.
    int firstLength() {
        read(head, record, 0, 4);
        return Bytes.i32(record, 0);
    }

    /// The errno of the oldest entry of an error queue, which must not be empty.
    int firstErrno() {
        read(head, record, 0, RECORD);
        return Bytes.i32(record, 64);
    }

    /// The origin of the oldest entry of an error queue, which must not be empty.
    int firstOrigin() {
        read(head, record, 0, RECORD);
        return Bytes.i32(record, 68);
    }

    void remove() {
        read(head, record, 0, RECORD);
        head += RECORD + Bytes.i32(record, 52) + Bytes.i32(record, 0);
        count--;
    }

    void clear() {
        ring = new byte[0];
        head = 0;
        tail = 0;
        count = 0;
    }

    private void encode(ReceivedFrom info) {
        byte[] r = record;
        Bytes.put32(r, 0, info.length);
        Bytes.put32(r, 4, info.sourcePort);
        Bytes.put64(r, 8, info.sourceHigh);
        Bytes.put64(r, 16, info.sourceLow);
        Bytes.put64(r, 24, info.destinationHigh);
        Bytes.put64(r, 32, info.destinationLow);
        Bytes.put32(r, 40, info.interfaceIndex);
        Bytes.put32(r, 44, info.tos);
        Bytes.put32(r, 48, info.ttl);
        Bytes.put32(r, 52, info.optionsLength);
        Bytes.put64(r, 56, info.timeNs);
        Bytes.put32(r, 64, info.errno);
        Bytes.put32(r, 68, info.errorOrigin);
        Bytes.put32(r, 72, info.errorType);
        Bytes.put32(r, 76, info.errorCode);
        Bytes.put32(r, 80, info.errorInfo);
        Bytes.put64(r, 84, info.offenderHigh);
        Bytes.put64(r, 92, info.offenderLow);
        Bytes.put32(r, 100, info.errorData);
        Bytes.put32(r, 104, info.stamped ? 1 : 0);
        Bytes.put32(r, 108, info.lost);
    }

    private void decode(ReceivedFrom info) {
        byte[] r = record;
        info.length = Bytes.i32(r, 0);
        info.sourcePort = Bytes.i32(r, 4);
        info.sourceHigh = Bytes.i64(r, 8);
        info.sourceLow = Bytes.i64(r, 16);
        info.destinationHigh = Bytes.i64(r, 24);
        info.destinationLow = Bytes.i64(r, 32);
        info.interfaceIndex = Bytes.i32(r, 40);
        info.tos = Bytes.i32(r, 44);
        info.ttl = Bytes.i32(r, 48);
        info.optionsLength = Bytes.i32(r, 52);
        info.timeNs = Bytes.i64(r, 56);
        info.errno = Bytes.i32(r, 64);
        info.errorOrigin = Bytes.i32(r, 68);
        info.errorType = Bytes.i32(r, 72);
        info.errorCode = Bytes.i32(r, 76);
        info.errorInfo = Bytes.i32(r, 80);
        info.offenderHigh = Bytes.i64(r, 84);
        info.offenderLow = Bytes.i64(r, 92);
        info.errorData = Bytes.i32(r, 100);
        info.stamped = Bytes.i32(r, 104) != 0;
        info.lost = Bytes.i32(r, 108);
    }

    private void reserve(int octets) {
        long needed = tail - head + octets;
        if (needed <= ring.length) {
            return;
        }
        int capacity = Math.max(FIRST_CAPACITY, ring.length);
        while (capacity < needed) {
            capacity <<= 1;
        }
        int used = (int) (tail - head);
        byte[] larger = new byte[capacity];
        read(head, larger, 0, used);
        ring = larger;
        newest -= head;
        head = 0;
        tail = used;
    }

    private void write(long position, byte[] from, int offset, int length) {
        int at = (int) position & (ring.length - 1);
        int first = Math.min(length, ring.length - at);
        System.arraycopy(from, offset, ring, at, first);
        System.arraycopy(from, offset + first, ring, 0, length - first);
    }

    private void read(long position, byte[] to, int offset, int length) {
        if (length == 0) {
            return;
        }
        int at = (int) position & (ring.length - 1);
        int first = Math.min(length, ring.length - at);
        System.arraycopy(ring, at, to, offset, first);
        System.arraycopy(ring, 0, to, offset + first, length - first);
    }
}
