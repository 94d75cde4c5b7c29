package org.lastack.drill.run;

import org.jspecify.annotations.Nullable;
import org.lastack.drill.packet.Flow;
import org.lastack.drill.script.Event;
import org.lastack.drill.script.Expr;
import org.lastack.drill.stack.Reply;
import org.lastack.drill.stack.Request;

/// Judges what a call returned, and notes what it did to descriptors and to the connection under test.
final class CallJudge {
    private static final int SOCK_DGRAM = 2;
    private static final int TYPE_MASK = 15;

    private final Descriptors descriptors;
    private final FlowTracker flows;

    CallJudge(Descriptors descriptors, FlowTracker flows) {
        this.descriptors = descriptors;
        this.flows = flows;
    }

    void judge(Event.Call call, PreparedCall prepared, Reply reply, String sourceLine) {
        String problem = difference(call, prepared, reply);
        if (problem != null) {
            throw new Failure(call.name() + "(): " + problem, sourceLine, reply.shown());
        }
        effects(call, prepared.request(), reply);
    }

    private @Nullable String difference(Event.Call call, PreparedCall prepared, Reply reply) {
        if (!(call.result() instanceof Expr.Ellipsis)) {
            long wanted = Arguments.number(call.result());
            boolean fits = prepared.makesDescriptor() && wanted >= 0 ? reply.result() >= 0 : reply.result() == (int) wanted;
            if (!fits) {
                return "result: expected " + Arguments.shown(call.result()) + (call.errno() == null ? "" : " " + call.errno()) + ", came " + shown(reply);
            }
        }
        if (call.errno() != null) {
            Long errno = Symbols.value(call.errno());
            if (errno == null) {
                return "unknown error name " + call.errno();
            }
            if (reply.result() >= 0 || reply.errno() != errno) {
                return "errno: expected " + call.errno() + ", came " + shown(reply);
            }
        }
        if (reply.result() < 0) {
            return null;
        }
        return prepared.request() instanceof Request.Accept ? peer(reply) : prepared.judge().difference(reply);
    }

    private static String shown(Reply reply) {
        return reply.result() >= 0 ? Integer.toString(reply.result()) : "-1 " + Symbols.errno(reply.errno());
    }

    private @Nullable String peer(Reply reply) {
        Flow flow = flows.flow();
        if (!(reply.body() instanceof Reply.Body.Peer peer) || flow == null) {
            return null;
        }
        if (!peer.address().address().equals(flow.remote())) {
            return "address of the peer: expected " + flow.remote() + ", came " + peer.address().address();
        }
        boolean sameConnection = flows.descriptor() < 0;
        if (sameConnection && peer.address().port() != flow.remotePort()) {
            return "port of the peer: expected " + flow.remotePort() + ", came " + peer.address().port();
        }
        return null;
    }

    /// Notes what a successful call changes about descriptors and connections.
    void effects(Event.Call call, Request request, Reply reply) {
        if (reply.result() < 0) {
            return;
        }
        switch (request) {
            case Request.Socket socket -> {
                int number = open(call, reply);
                flows.socket(number, (socket.type() & TYPE_MASK) == SOCK_DGRAM);
            }
            case Request.Accept accept -> flows.accept(open(call, reply));
            case Request.EpollCreate create -> open(call, reply);
            case Request.Bind bind -> flows.bind(number(call), bind.address().port());
            case Request.Listen listen -> flows.listen(number(call));
            case Request.Close close -> {
                flows.close(number(call));
                descriptors.close(number(call));
            }
            default -> {
                // No other call changes descriptors or connections.
            }
        }
    }

    private int open(Event.Call call, Reply reply) {
        int number = call.result() instanceof Expr.Ellipsis ? reply.result() : (int) Arguments.number(call.result());
        descriptors.open(number, reply.result());
        return number;
    }

    private static int number(Event.Call call) {
        return (int) Arguments.number(call.arguments().getFirst());
    }
}
