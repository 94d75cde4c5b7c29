package org.lastack.drill.remote;

import java.util.HashMap;
import java.util.Map;
import org.lastack.wire.IpAddress;

/// The flags of HELLO: `sock=PATH,local=ADDR,mtu=N,seed=N`. What is not given has the default of the public runner.
record HostFlags(IpAddress local, int mtu, long seed) {
    /// @throws ProtocolException naming the flag that makes no sense
    static HostFlags of(String text) throws ProtocolException {
        Map<String, String> values = new HashMap<>();
        for (String each : text.split(",")) {
            int equals = each.indexOf('=');
            if (equals > 0) {
                values.put(each.substring(0, equals).strip(), each.substring(equals + 1).strip());
            }
        }
        String localText = values.getOrDefault("local", "192.168.0.1");
        int slash = localText.indexOf('/');
        IpAddress local = IpAddress.parse(slash < 0 ? localText : localText.substring(0, slash));
        if (local == null) {
            throw new ProtocolException("local=" + localText + " is not an address");
        }
        long mtu = number(values, "mtu", local.isV4() ? 1500 : 1520);
        if (mtu < (local.isV4() ? 68 : 1280) || mtu > 65_535) {
            throw new ProtocolException("mtu=" + mtu + " is no MTU");
        }
        return new HostFlags(local, (int) mtu, number(values, "seed", 1));
    }

    private static long number(Map<String, String> values, String name, long byDefault) throws ProtocolException {
        String text = values.get(name);
        try {
            return text == null ? byDefault : Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new ProtocolException(name + "=" + text + " is not a number");
        }
    }
}
