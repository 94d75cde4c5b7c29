package org.lastack.core.socket;

/// Who opened a socket: what `netstat -p` and `lastack why` show. Immutable.
///
/// @param uid numeric user, for the SO_REUSEPORT rule and for privileged ports
/// @param pid process id, or 0 if unknown
/// @param program short program or component name
public record Owner(int uid, long pid, String program) {
    /// The superuser without further details.
    public static final Owner ROOT = new Owner(0, 0, "-");
}
