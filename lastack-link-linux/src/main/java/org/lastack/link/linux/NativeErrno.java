package org.lastack.link.linux;

import java.util.Locale;
import java.util.Map;

/// Names and texts of the Linux errors that devices, sockets and rtnetlink produce (asm-generic numbers: x86-64, AArch64, RISC-V).
final class NativeErrno {
    static final int EPERM = 1;
    static final int ENOENT = 2;
    static final int EINTR = 4;
    static final int EIO = 5;
    static final int ENXIO = 6;
    static final int EBADF = 9;
    static final int EAGAIN = 11;
    static final int ENOMEM = 12;
    static final int EACCES = 13;
    static final int EFAULT = 14;
    static final int EBUSY = 16;
    static final int EEXIST = 17;
    static final int ENODEV = 19;
    static final int EINVAL = 22;
    static final int EMFILE = 24;
    static final int ENOTTY = 25;
    static final int EBADFD = 77;
    static final int EMSGSIZE = 90;
    static final int EOPNOTSUPP = 95;
    static final int EAFNOSUPPORT = 97;
    static final int EADDRNOTAVAIL = 99;
    static final int ENETDOWN = 100;
    static final int ENETUNREACH = 101;
    static final int ENOBUFS = 105;

    private static final Map<Integer, String> NAMES = Map.ofEntries(
            Map.entry(EPERM, "EPERM Operation not permitted"),
            Map.entry(ENOENT, "ENOENT No such file or directory"),
            Map.entry(3, "ESRCH No such process"),
            Map.entry(EINTR, "EINTR Interrupted system call"),
            Map.entry(EIO, "EIO Input/output error"),
            Map.entry(ENXIO, "ENXIO No such device or address"),
            Map.entry(7, "E2BIG Argument list too long"),
            Map.entry(EBADF, "EBADF Bad file descriptor"),
            Map.entry(EAGAIN, "EAGAIN Resource temporarily unavailable"),
            Map.entry(ENOMEM, "ENOMEM Cannot allocate memory"),
            Map.entry(EACCES, "EACCES Permission denied"),
            Map.entry(EFAULT, "EFAULT Bad address"),
            Map.entry(EBUSY, "EBUSY Device or resource busy"),
            Map.entry(EEXIST, "EEXIST File exists"),
            Map.entry(ENODEV, "ENODEV No such device"),
            Map.entry(EINVAL, "EINVAL Invalid argument"),
            Map.entry(23, "ENFILE Too many open files in system"),
            Map.entry(EMFILE, "EMFILE Too many open files"),
            Map.entry(ENOTTY, "ENOTTY Inappropriate ioctl for device"),
            Map.entry(28, "ENOSPC No space left on device"),
            Map.entry(34, "ERANGE Numerical result out of range"),
            Map.entry(38, "ENOSYS Function not implemented"),
            Map.entry(EBADFD, "EBADFD File descriptor in bad state"),
            Map.entry(88, "ENOTSOCK Socket operation on non-socket"),
            Map.entry(EMSGSIZE, "EMSGSIZE Message too long"),
            Map.entry(92, "ENOPROTOOPT Protocol not available"),
            Map.entry(93, "EPROTONOSUPPORT Protocol not supported"),
            Map.entry(EOPNOTSUPP, "EOPNOTSUPP Operation not supported"),
            Map.entry(EAFNOSUPPORT, "EAFNOSUPPORT Address family not supported by protocol"),
            Map.entry(98, "EADDRINUSE Address already in use"),
            Map.entry(EADDRNOTAVAIL, "EADDRNOTAVAIL Cannot assign requested address"),
            Map.entry(ENETDOWN, "ENETDOWN Network is down"),
            Map.entry(ENETUNREACH, "ENETUNREACH Network is unreachable"),
            Map.entry(ENOBUFS, "ENOBUFS No buffer space available"),
            Map.entry(107, "ENOTCONN Transport endpoint is not connected"),
            Map.entry(113, "EHOSTUNREACH No route to host"));

    private NativeErrno() {}

    /// `EBUSY`, or `errno 123`.
    static String name(int errno) {
        String known = NAMES.get(errno);
        return known == null ? String.format(Locale.ROOT, "errno %d", errno) : known.substring(0, known.indexOf(' '));
    }

    /// `EBUSY (Device or resource busy)`, or `errno 123`.
    static String describe(int errno) {
        String known = NAMES.get(errno);
        if (known == null) {
            return String.format(Locale.ROOT, "errno %d", errno);
        }
        int space = known.indexOf(' ');
        return known.substring(0, space) + " (" + known.substring(space + 1) + ")";
    }
}
