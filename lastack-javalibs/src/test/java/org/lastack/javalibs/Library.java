package org.lastack.javalibs;

/// One library at work on Lastack.
///
/// @param <S> where it works: [Stage], [KernelNet]
/// @param name as its makers write it
/// @param version from its jar
/// @param how it reaches Lastack
/// @param what was done
record Library<S>(String name, String version, String how, String what, Act<S> act) {
    static final String PROPERTY = "`java.nio.channels.spi.SelectorProvider`";

    interface Act<S> {
        void on(S stage) throws Exception;
    }

    /// The version in the manifest of the jar that has the class, or in its name.
    static String versionOf(Class<?> type) {
        String path = type.getProtectionDomain().getCodeSource().getLocation().getPath();
        String jar = path.substring(path.lastIndexOf('/') + 1);
        java.util.regex.Matcher found = java.util.regex.Pattern.compile("-(\\d[^/]*)\\.jar$").matcher(jar);
        return found.find() ? found.group(1) : jar;
    }
}
