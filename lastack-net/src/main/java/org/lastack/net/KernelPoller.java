package org.lastack.net;

import java.io.IOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;

/// Watches channels of the kernel for our selectors: one daemon thread in the JVM, started with the first such channel. What has become ready
/// is told once ([KernelSource#fired]) and not watched again before somebody asks for it.
final class KernelPoller {
    private final Selector selector;
    private final Queue<Request> requests = new ConcurrentLinkedQueue<>();

    private record Request(KernelSource source, CompletableFuture<Void> done) {}

    private static final class Holder {
        static final KernelPoller INSTANCE = start();
    }

    private KernelPoller(Selector selector) {
        this.selector = selector;
    }

    static KernelPoller instance() {
        return Holder.INSTANCE;
    }

    private static KernelPoller start() {
        try {
            KernelPoller poller = new KernelPoller(KernelProvider.required().openSelector());
            Thread.ofPlatform().daemon().name("lastack-kernel-poller").start(poller::run);
            return poller;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /// Looks at a source for what it waits for ([KernelSource#watch]) and goes on watching it. On return the source knows what is ready now: a
    /// selection that does not wait must not miss what the kernel has. Waits for the poller's thread, that is for moments, whatever interrupts.
    void ask(KernelSource source) {
        Request request = new Request(source, new CompletableFuture<>());
        requests.add(request);
        selector.wakeup();
        request.done.join();
    }

    private void run() {
        while (true) {
            try {
                selector.select(KernelPoller::fired);
                answer();
            } catch (IOException e) {
                // Of this selector's own descriptor: it will not get better.
                throw new java.io.UncheckedIOException(e);
            }
        }
    }

    private void answer() throws IOException {
        List<Request> asked = new ArrayList<>();
        for (Request each = requests.poll(); each != null; each = requests.poll()) {
            each.source.watch(selector);
            asked.add(each);
        }
        if (!asked.isEmpty()) {
            selector.selectNow(KernelPoller::fired);
            for (Request each : asked) {
                each.done.complete(null);
            }
        }
    }

    static void fired(SelectionKey key) {
        KernelSource source = (KernelSource) key.attachment();
        try {
            int ops = key.readyOps();
            key.interestOpsAnd(~ops);
            source.fired(ops);
        } catch (CancelledKeyException e) {
            return; // closed or made blocking meanwhile: nobody waits for it here
        }
    }
}
