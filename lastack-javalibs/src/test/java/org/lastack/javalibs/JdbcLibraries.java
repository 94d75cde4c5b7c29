package org.lastack.javalibs;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import org.lastack.net.LastackSocketFactory;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;

/// JDBC drivers on Lastack, their databases on the kernel.
final class JdbcLibraries {
    private static final int ROWS = 10_000;

    private JdbcLibraries() {}

    private static Connection connect(String sslMode) throws SQLException {
        Properties settings = new Properties();
        settings.put("user", "postgres");
        settings.put("password", Postgres.PASSWORD);
        settings.put("sslmode", sslMode);
        settings.put("socketFactory", LastackSocketFactory.class.getName());
        settings.put("connectTimeout", "20");
        settings.put("socketTimeout", "30");
        return DriverManager.getConnection("jdbc:postgresql://" + KernelNet.KERNEL + ":5432/postgres", settings);
    }

    static void postgres() throws Exception {
        try (Postgres database = Postgres.start()) {
            for (String sslMode : new String[] {"disable", "require"}) {
                try (Connection connection = connect(sslMode)) {
                    Stage.expect(one(connection, "select host(inet_client_addr())").equals(KernelNet.LASTACK), "the client's address");
                    Stage.expect(one(connection, "select ssl from pg_stat_ssl where pid = pg_backend_pid()").equals(sslMode.equals("require") ? "t" : "f"), "TLS");
                    rows(connection);
                    binary(connection);
                    copy(connection);
                    cancel(connection);
                    terminated(connection, sslMode);
                }
            }
        }
    }

    private static String one(Connection connection, String query) throws SQLException {
        try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(query)) {
            rows.next();
            return rows.getString(1);
        }
    }

    /// A batch in a transaction, read with a cursor; then a batch that is rolled back.
    private static void rows(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.execute("drop table if exists words");
            statement.execute("create table words (id int primary key, word text)");
        }
        insert(connection, 0);
        connection.commit();
        insert(connection, ROWS);
        connection.rollback();
        try (Statement statement = connection.createStatement()) {
            statement.setFetchSize(100);
            int next = 0;
            try (ResultSet rows = statement.executeQuery("select id, word from words order by id")) {
                while (rows.next()) {
                    Stage.expect(rows.getInt(1) == next && rows.getString(2).equals("word " + next), "row " + next);
                    next++;
                }
            }
            Stage.expect(next == ROWS, next + " rows");
        }
        connection.setAutoCommit(true);
    }

    private static void insert(Connection connection, int first) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("insert into words values (?, ?)")) {
            for (int i = first; i < first + ROWS; i++) {
                insert.setInt(1, i);
                insert.setString(2, "word " + i);
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    private static void binary(Connection connection) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement("select ?::bytea")) {
            query.setBytes(1, Stage.BODY);
            try (ResultSet rows = query.executeQuery()) {
                rows.next();
                Stage.expectBody(rows.getBytes(1));
            }
        }
    }

    private static void copy(Connection connection) throws Exception {
        CopyManager copies = connection.unwrap(PGConnection.class).getCopyAPI();
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < ROWS; i++) {
            text.append(i).append("\tcopied ").append(i).append('\n');
        }
        byte[] octets = text.toString().getBytes(StandardCharsets.UTF_8);
        try (Statement statement = connection.createStatement()) {
            statement.execute("truncate words");
        }
        Stage.expect(copies.copyIn("copy words from stdin", new ByteArrayInputStream(octets)) == ROWS, "rows copied in");
        ByteArrayOutputStream back = new ByteArrayOutputStream();
        copies.copyOut("copy (select * from words order by id) to stdout", back);
        Stage.expect(back.toString(StandardCharsets.UTF_8).contentEquals(text), "what was copied out differs");
    }

    /// The driver cancels over a second connection.
    private static void cancel(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.setQueryTimeout(1);
            statement.execute("select pg_sleep(25)");
            throw new AssertionError("the query was not cancelled");
        } catch (SQLException e) {
            Stage.expect("57014".equals(e.getSQLState()), e.toString());
        }
    }

    /// The server ends a session: the driver learns of it at the next query.
    private static void terminated(Connection connection, String sslMode) throws SQLException {
        try (Connection victim = connect(sslMode)) {
            String process = one(victim, "select pg_backend_pid()");
            Stage.expect(one(connection, "select pg_terminate_backend(" + process + ", 20000)").equals("t"), "terminated");
            try {
                one(victim, "select 1");
                throw new AssertionError("a session that has ended answers");
            } catch (SQLException e) {
                Stage.expect("57P01".equals(e.getSQLState()) || "08006".equals(e.getSQLState()), e.toString());
            }
        }
    }
}
