package org.lastack.tools;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/// What `lastack --version` prints: our version, and the JVM and system it runs on, as a bug report wants them.
final class Version implements IVersionProvider {
    /// Called by picocli.
    Version() {}

    @Override
    public String[] getVersion() {
        return new String[] {
            "lastack " + number(),
            "JDK " + Runtime.version() + ", " + System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                    + System.getProperty("os.arch")
        };
    }

    /// The version in the pom, written into the jar by the build.
    static String number() {
        Properties properties = new Properties();
        try (InputStream in = Version.class.getResourceAsStream("version.properties")) {
            if (in == null) {
                throw new IllegalStateException("version.properties is missing from the build of lastack-tools");
            }
            properties.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return properties.getProperty("version");
    }
}
