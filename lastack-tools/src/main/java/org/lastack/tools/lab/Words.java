package org.lastack.tools.lab;

import java.util.Locale;
import java.util.Map;
import org.lastack.core.Errno;

/// The language in which a story is told. Standard terms (calls, options, states, errno names) are the same in both.
record Words(boolean chinese) {
    private static final Map<Integer, String> ERRORS = Map.ofEntries(
            Map.entry(Errno.EADDRINUSE, "地址已被占用"), Map.entry(Errno.EADDRNOTAVAIL, "没有可分配的地址"), Map.entry(Errno.EAGAIN, "暂时没有"),
            Map.entry(Errno.ECONNREFUSED, "连接被拒绝"), Map.entry(Errno.ECONNRESET, "连接被对方重置"), Map.entry(Errno.EINPROGRESS, "正在进行"),
            Map.entry(Errno.EMSGSIZE, "消息太长"), Map.entry(Errno.EPIPE, "管道已断"), Map.entry(Errno.ETIMEDOUT, "连接超时"), Map.entry(Errno.EACCES, "权限不够"),
            Map.entry(Errno.EINVAL, "参数无效"));

    String pick(String english, String inChinese) {
        return chinese ? inChinese : english;
    }

    String format(String english, String inChinese, Object... values) {
        return String.format(Locale.ROOT, pick(english, inChinese), values);
    }

    /// A negative result as `-1 NAME (what it means)`.
    String error(int result) {
        String text = Errno.text(-result);
        return "-1 " + Errno.name(result) + " (" + (chinese ? ERRORS.getOrDefault(-result, text) : text) + ")";
    }
}
