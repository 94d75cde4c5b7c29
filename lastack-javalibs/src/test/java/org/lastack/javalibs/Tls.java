package org.lastack.javalibs;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Base64;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/// A key and a certificate that it has signed itself, made for this run.
///
/// @param keys has both, under the name `server`
record Tls(KeyStore keys) {
    static final String PASSWORD = "changeit";

    /// @param address that the certificate is for
    static Tls of(String address) throws Exception {
        Path store = Files.createTempDirectory("lastack-tls").resolve("store.p12");
        Process keytool = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(), "-genkeypair", "-alias", "server", "-keyalg", "EC",
                "-dname", "CN=" + address, "-ext", "san=ip:" + address, "-validity", "2", "-storetype", "PKCS12", "-keystore", store.toString(), "-storepass", PASSWORD)
                .redirectErrorStream(true).start();
        keytool.getInputStream().readAllBytes();
        Stage.expect(keytool.waitFor() == 0, "keytool failed");
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD.toCharArray());
        }
        Files.delete(store);
        Files.delete(store.getParent());
        return new Tls(keys);
    }

    PrivateKey key() throws Exception {
        return (PrivateKey) keys.getKey("server", PASSWORD.toCharArray());
    }

    X509Certificate certificate() throws Exception {
        return (X509Certificate) keys.getCertificate("server");
    }

    /// For either end: it has the key, and trusts the certificate.
    SSLContext context() throws Exception {
        KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        own.init(keys, PASSWORD.toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(own.getKeyManagers(), trusted().getTrustManagers(), null);
        return context;
    }

    TrustManagerFactory trusted() throws Exception {
        TrustManagerFactory trusted = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trusted.init(keys);
        return trusted;
    }

    /// Writes both as text, for programs that want files.
    void write(Path certificateFile, Path keyFile) throws Exception {
        Files.writeString(certificateFile, pem("CERTIFICATE", certificate().getEncoded()), StandardCharsets.US_ASCII);
        Files.writeString(keyFile, pem("PRIVATE KEY", key().getEncoded()), StandardCharsets.US_ASCII);
    }

    private static String pem(String what, byte[] encoded) {
        return "-----BEGIN " + what + "-----\n" + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(encoded) + "\n-----END " + what + "-----\n";
    }
}
