package org.lastack.drill.stack;

/// A control message (`cmsg`) with its data in Linux's layout.
public record ControlData(int level, int type, byte[] data) {}
