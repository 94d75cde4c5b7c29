package org.lastack.link.linux;

import org.lastack.link.Link;
import org.lastack.wire.Bytes;
import org.lastack.wire.Frame;

/// RFC 826: who asks gets our MAC address, whatever the question.
record Arp(Link link) {
    /// Turns the request in the frame into an answer and sends it; false if it was none.
    boolean answer(Frame frame) {
        byte[] data = frame.data;
        int at = frame.offset;
        if (Bytes.u16(data, at + 12) != 0x0806 || Bytes.u16(data, at + 20) != 1) {
            return false;
        }
        Bytes.put16(data, at + 20, 2);
        for (int i = 0; i < 10; i++) {
            byte held = data[at + 22 + i];
            data[at + 22 + i] = data[at + 32 + i];
            data[at + 32 + i] = held;
        }
        for (int i = 0; i < 6; i++) {
            data[at + 22 + i] = (byte) (link.macAddress() >>> (40 - 8 * i));
            data[at + i] = data[at + 32 + i];
            data[at + 6 + i] = data[at + 22 + i];
        }
        return link.send(frame);
    }
}
