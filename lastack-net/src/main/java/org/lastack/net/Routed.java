package org.lastack.net;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.channels.NetworkChannel;
import java.nio.channels.SelectableChannel;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lastack.host.ReadySource;

/// What stands behind a routed channel: a channel of Lastack at first, and one of the kernel's if the rules say so ([AddressRules]).
///
/// @param <C> the kind of channel
final class Routed<C extends SelectableChannel & NetworkChannel> {
    private final SwitchSource source;
    /// What the user has set, for the change of stacks. Guarded by the face's `blockingLock`.
    private final Map<SocketOption<?>, Object> options = new LinkedHashMap<>(0);
    /// Written under the face's `blockingLock`.
    private volatile C behind;
    /// Null while Lastack is behind. Written before `behind`.
    private volatile @Nullable KernelSource kernel;

    /// Begins with a channel of Lastack, which that source tells of.
    Routed(C begin, ReadySource first) {
        behind = begin;
        source = new SwitchSource(first);
    }

    /// A channel of the kernel for good.
    Routed(C ofKernel) {
        KernelSource here = new KernelSource(ofKernel);
        kernel = here;
        behind = ofKernel;
        source = new SwitchSource(here);
    }

    C behind() {
        return behind;
    }

    boolean ofKernel() {
        return kernel != null;
    }

    ReadySource source() {
        return source;
    }

    /// Puts a new channel of the kernel behind `face`, with the options and the local name that the one of Lastack was given. Under `blockingLock`.
    ///
    /// @param bound its local name; null if it has none
    /// @throws IOException if the kernel refuses something; then nothing has changed, and `next` is closed
    void becomeKernel(C next, SelectableChannel face, @Nullable SocketAddress bound) throws IOException {
        try {
            for (Map.Entry<SocketOption<?>, Object> each : options.entrySet()) {
                if (next.supportedOptions().contains(each.getKey())) {
                    copy(next, each.getKey(), each.getValue());
                }
            }
            if (bound != null) {
                next.bind(bound);
            }
            next.configureBlocking(face.isBlocking());
        } catch (IOException e) {
            next.close();
            throw e;
        }
        C before = behind;
        KernelSource here = new KernelSource(next);
        kernel = here;
        behind = next;
        source.switchTo(here);
        before.close();
        if (!face.isOpen()) {
            next.close();
        }
    }

    @SuppressWarnings("unchecked") // a value that the option has taken before
    private static <T> void copy(NetworkChannel to, SocketOption<T> name, Object value) throws IOException {
        to.setOption(name, (T) value);
    }

    /// Sets an option of the channel behind, and remembers it. Under `blockingLock`.
    <T> void setOption(SocketOption<T> name, T value) throws IOException {
        behind.setOption(name, value);
        if (kernel == null) {
            options.put(name, value);
        }
    }

    void configureBlocking(boolean block) throws IOException {
        KernelSource here = kernel;
        if (block && here != null) {
            here.release();
        }
        behind.configureBlocking(block);
    }

    /// A call has used up readiness of that kind.
    void used(int pollBits) {
        KernelSource here = kernel;
        if (here != null) {
            here.used(pollBits);
        }
    }

    /// A call may have changed what the channel can become ready for.
    void stateChanged() {
        KernelSource here = kernel;
        if (here != null) {
            here.stateChanged();
        }
    }

    /// Whether the face has to close because the channel behind has closed itself in a call.
    boolean gone(C used) {
        return !used.isOpen() && used == behind;
    }
}
